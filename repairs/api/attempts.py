"""Repair attempts over all runs."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from metabuilder.access.permissions import IsViewer
from metabuilder.access.scope import tenant_scope
from metabuilder.api.pagination import PageSchema, page_of
from repairs.api.documents import AttemptSerializer, attempt_document
from repairs.selectors.attempts import attempts_visible


class AttemptListApi(APIView):
    permission_classes = (IsViewer,)

    @extend_schema(
        operation_id="repair_attempts_list",
        parameters=[OpenApiParameter(name, str) for name in ("class", "verdict", "run_id", "tenant_id")] + list(PageSchema.parameters),
        responses={200: PageSchema.of(AttemptSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Attempts, newest first."""
        asked = request.query_params
        rows = attempts_visible(
            tenant_scope(request),
            failure_class=asked.get("class"),
            verdict=asked.get("verdict"),
            run_id=asked.get("run_id"),
            tenant_id=asked.get("tenant_id"),
        )
        return page_of(request, rows, attempt_document, order=("-started_at", "-id"))
