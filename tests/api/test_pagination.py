"""Cursors: every row once, whatever comes in between; a forged cursor is refused before the database sees it."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from metabuilder.api.pagination import page_of
from metabuilder.audit.models import AuditEntry
from metabuilder.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


def add(number: int, at: datetime) -> None:
    AuditEntry.objects.create(at=at, actor="a", action="b", target=str(number))


def page(order: tuple[str, ...] = ("-at", "-id"), **query: Any) -> dict[str, Any]:
    request = Request(APIRequestFactory().get("/", query))
    response = page_of(request, AuditEntry.objects.all(), lambda row: {"target": row.target}, order=order)
    assert isinstance(response.data, dict)
    return response.data


@pytest.mark.parametrize("order", [("-at", "-id"), ("at", "id"), ("-id",)])
def test_every_row_comes_once_although_rows_share_a_microsecond_and_new_ones_arrive(order: tuple[str, ...]) -> None:
    for number in range(7):
        add(number, AT + timedelta(microseconds=number // 3))
    seen, cursor = [], {}
    for _ in range(10):
        answer = page(order, limit=2, **cursor)
        seen += [item["target"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = {"cursor": answer["next_cursor"]}
        if order[0].startswith("-"):
            add(100, AT + timedelta(days=1))
    expected = [str(number) for number in range(7)]
    assert seen == (expected[::-1] if order[0].startswith("-") else expected)


def forged(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        forged({}),
        forged([1]),
        forged(["2026-01-01T00:00:00+00:00", "abc"]),
        forged(["never", 1]),
        forged([[], 1]),
        forged([AT.isoformat(), 10**30]),
        forged([AT.isoformat(), "\x00"]),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        page(cursor=cursor)


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "", "²", "9" * 50])
def test_a_limit_out_of_range_is_refused(limit: str) -> None:
    with pytest.raises(InvalidInput):
        page(limit=limit)
