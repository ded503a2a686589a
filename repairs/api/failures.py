"""Failures over all runs, grouped by fingerprint."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from metabuilder.access.permissions import IsViewer
from metabuilder.access.scope import tenant_scope
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import InvalidInput
from repairs.engine.types import FailureClass
from repairs.models import RunFailure
from repairs.selectors.failures import failure_groups, failures_visible

WINDOWS = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}
MAX_GROUPS = 200


class FailureListApi(APIView):
    permission_classes = (IsViewer,)

    class Output(serializers.Serializer[Any]):
        items = serializers.ListField(child=serializers.DictField())
        next_cursor = serializers.CharField(allow_null=True)
        generated_at = serializers.DateTimeField()

    @extend_schema(
        operation_id="failures_list",
        parameters=[
            OpenApiParameter("class", str, enum=[kind.value for kind in FailureClass]),
            OpenApiParameter("window", str, enum=list(WINDOWS)),
            OpenApiParameter("group", str, enum=["fingerprint", "none"]),
        ],
        responses={200: Output},
    )
    def get(self, request: Request) -> Response:
        """The most frequent fingerprints with their fix rate; `?group=none` for the rows, newest first."""
        at = now()
        kind, window = _choice(request, "class", [kind.value for kind in FailureClass]), _choice(request, "window", list(WINDOWS))
        rows = failures_visible(tenant_scope(request), failure_class=kind, since=at - WINDOWS[window] if window else None)
        is_flat = _choice(request, "group", ["fingerprint", "none"]) == "none"
        items = [_row(row) for row in rows[:MAX_GROUPS]] if is_flat else failure_groups(rows, limit=MAX_GROUPS)
        return Response({"items": items, "next_cursor": None, "generated_at": at})


def _row(row: RunFailure) -> dict[str, Any]:
    names = ("run_id", "fingerprint", "failure_class", "tool", "rule", "message", "path", "count_before", "count_after", "seen_at")
    return {name: getattr(row, name) for name in names}


def _choice(request: Request, name: str, choices: list[str]) -> str | None:
    value = request.query_params.get(name)
    if value is not None and value not in choices:
        raise InvalidInput(f"{name}={value!r} is not known.", hint=f"One of {', '.join(choices)}.")
    return value
