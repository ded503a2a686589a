"""Lists by cursor: `{"items": [...], "next_cursor": ..., "generated_at": ...}`."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import InvalidInput

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
MAX_CURSOR_LENGTH = 1000


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


def page_of(request: Request, rows: QuerySet[Any], document: Callable[[Any], dict[str, Any]], *, order: tuple[str, ...]) -> Response:
    """One page of `rows`; new rows do not shift the pages that follow.

    `order` names columns that are never null, the last of them unique: ("-created_at", "-id"). Raises InvalidInput for a limit or
    cursor that is none.
    """
    limit = _limit(request)
    cursor = request.query_params.get("cursor")
    if cursor:
        rows = rows.filter(_after(order, _decoded(cursor, rows, order)))
    found = list(rows.order_by(*order)[: limit + 1])
    page = found[:limit]
    more = _encoded(page[-1], order) if len(found) > limit else None
    return Response({"items": [document(row) for row in page], "next_cursor": more, "generated_at": now()})


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """What comes behind `values`: larger in the first column, or equal there and larger in the second, and so on."""
    condition, same = Q(), Q()
    for name, value in zip(order, values, strict=True):
        field = name.removeprefix("-")
        beyond = "lt" if name.startswith("-") else "gt"
        condition |= same & Q(**{f"{field}__{beyond}": value})
        same &= Q(**{field: value})
    return condition


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidInput(f"limit={text[:80]!r} is no number from 1 to {MAX_LIMIT}.", hint=f"?limit={DEFAULT_LIMIT}")
    return int(text)


def _encoded(row: Any, order: Sequence[str]) -> str:
    values = [getattr(row, name.removeprefix("-")) for name in order]
    return base64.urlsafe_b64encode(json.dumps(values, cls=_Encoder).encode()).decode()


def _decoded(cursor: str, rows: QuerySet[Any], order: Sequence[str]) -> list[Any]:
    """The cursor's values, each of its column's own type: a forged one is refused before the database sees it."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor[:MAX_CURSOR_LENGTH].encode()))
        fields = [rows.model._meta.get_field(name.removeprefix("-")) for name in order]
        if not isinstance(values, list) or not all(isinstance(value, str | int) for value in values):
            raise ValueError(values)
        parsed = [field.to_python(value) for field, value in zip(fields, values, strict=True)]
        for field, value in zip(fields, parsed, strict=True):
            field.run_validators(value)
        return parsed
    except (ValueError, TypeError, OverflowError, binascii.Error, ValidationError, RecursionError):
        raise InvalidInput("cursor is not one of ours.", hint="Pass next_cursor of the page before as it came.") from None


class _Encoder(DjangoJSONEncoder):
    """Django's own cuts times to milliseconds, which would show rows twice."""

    def default(self, value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else super().default(value)
