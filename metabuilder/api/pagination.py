"""Lists by cursor: `{"items": [...], "next_cursor": ..., "generated_at": ...}`."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import InvalidInput

DEFAULT_LIMIT, MAX_LIMIT = 50, 500


class PageSchema:
    """What a list looks like in the OpenAPI schema."""

    parameters = (
        OpenApiParameter("limit", int, description=f"1 to {MAX_LIMIT}; default {DEFAULT_LIMIT}"),
        OpenApiParameter("cursor", str, description="next_cursor of the page before"),
    )

    @staticmethod
    def of(item: type[serializers.Serializer[Any]]) -> Any:
        return inline_serializer(
            name=f"{item.__name__.removesuffix('Serializer')}Page",
            fields={
                "items": item(many=True),
                "next_cursor": serializers.CharField(allow_null=True),
                "generated_at": serializers.DateTimeField(),
            },
        )


def page_of(request: Request, rows: QuerySet[Any], document: Callable[[Any], dict[str, Any]], *, order: tuple[str, str]) -> Response:
    """One page of `rows`, newest first by `order` = ("-field", "-id"); new rows do not shift the pages that follow."""
    limit = _limit(request)
    cursor = request.query_params.get("cursor")
    field, tie = (name.removeprefix("-") for name in order)
    if cursor:
        value, last = _decoded(cursor)
        rows = rows.filter(Q(**{f"{field}__lt": value}) | Q(**{field: value, f"{tie}__lt": last}))
    found = list(rows.order_by(*order)[: limit + 1])
    page = found[:limit]
    more = _encoded(getattr(page[-1], field), getattr(page[-1], tie)) if len(found) > limit else None
    return Response({"items": [document(row) for row in page], "next_cursor": more, "generated_at": now()})


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MAX_LIMIT:
        raise InvalidInput(f"limit={text!r} is no number from 1 to {MAX_LIMIT}.", hint=f"?limit={DEFAULT_LIMIT}")
    return int(text)


def _encoded(value: datetime, last: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([value.isoformat(), last]).encode()).decode()


def _decoded(cursor: str) -> tuple[datetime, Any]:
    try:
        value, last = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(last, str | int):
            raise ValueError(last)
        return datetime.fromisoformat(value), last
    except (ValueError, TypeError, binascii.Error):
        raise InvalidInput("cursor is not one of ours.", hint="Pass next_cursor of the page before as it came.") from None
