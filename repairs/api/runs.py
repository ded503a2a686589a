"""Runs: submit, list, look, cancel."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from metabuilder.access.permissions import IsOperator, IsViewer
from metabuilder.access.scope import tenant_scope
from metabuilder.api.pagination import PageSchema, page_of
from metabuilder.kernel.errors import Forbidden, InvalidInput, NotFound
from repairs.api.documents import (
    EventSerializer,
    RunDetailSerializer,
    RunSerializer,
    budget_document,
    event_document,
    run_detail_document,
    run_document,
)
from repairs.api.sources import SourceFields, source_accept
from repairs.models import RepairRun
from repairs.selectors.runs import run_events, run_get, run_repair_status, runs_visible
from repairs.services.admission import SLA_PRIORITIES, RunRequest, run_submit
from repairs.services.finishing import run_cancel


class RunsApi(APIView):
    parser_classes = (JSONParser, MultiPartParser, FormParser)

    class Input(SourceFields):
        tenant_id = serializers.RegexField(
            r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$", required=False, help_text="default: the token's own tenant"
        )
        run_id = serializers.RegexField(r"^run_[A-Za-z0-9_-]{1,58}$", required=False)
        config = serializers.CharField(
            required=False, allow_blank=True, max_length=200_000, help_text="TOML that stands above the tree's own"
        )
        checks = serializers.CharField(
            required=False, allow_blank=True, max_length=2000, help_text="names, separated by commas; default: all"
        )
        engine = serializers.ChoiceField(choices=RepairRun.Engine.choices, required=False)
        sla = serializers.ChoiceField(choices=list(SLA_PRIORITIES), default="normal")
        budget_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0, required=False)
        budget_seconds = serializers.IntegerField(min_value=1, max_value=86_400, required=False)
        budget_attempts = serializers.IntegerField(min_value=1, max_value=1000, required=False)

    def get_permissions(self) -> list[Any]:
        return [IsOperator()] if self.request.method == "POST" else [IsViewer()]

    @extend_schema(
        operation_id="runs_list",
        parameters=[OpenApiParameter("state", str), OpenApiParameter("tenant_id", str), *PageSchema.parameters],
        responses={200: PageSchema.of(RunSerializer)},
    )
    def get(self, request: Request) -> Response:
        """The runs this token sees, newest first."""
        rows = runs_visible(tenant_scope(request))
        for name in ("state", "tenant_id"):
            if value := request.query_params.get(name):
                rows = rows.filter(**{name: value})
        return page_of(request, rows, run_document, order=("-created_at", "-id"))

    @extend_schema(
        operation_id="run_submit", request={"application/json": Input, "multipart/form-data": Input}, responses={202: RunSerializer}
    )
    def post(self, request: Request) -> Response:
        """Hand in a tree: an archive (multipart), a git URL and ref, or a path below an allowed root."""
        data = _valid(self.Input(data=request.data))
        tenant_id = _tenant(request, data)
        source = source_accept(data, roots=settings.SOURCE_ROOTS, protocols=settings.GIT_PROTOCOLS, max_bytes=settings.SOURCE_MAX_BYTES)
        run = run_submit(_request(data, tenant_id, source, actor=str(request.user)))
        return Response(run_document(run), status=status.HTTP_202_ACCEPTED, headers={"Location": f"{request.path}/{run.pk}"})


class RunDetailApi(APIView):
    permission_classes = (IsViewer,)

    @extend_schema(operation_id="run_show", responses={200: RunDetailSerializer})
    def get(self, request: Request, run_id: str) -> Response:
        """One run with its failures before and after, attempts, proof and patch."""
        return Response(run_detail_document(run_get(tenant_id=tenant_scope(request), run_id=run_id)))


class RunPatchApi(APIView):
    permission_classes = (IsViewer,)

    @extend_schema(operation_id="run_patch", responses={(200, "text/x-diff"): OpenApiTypes.STR})
    def get(self, request: Request, run_id: str) -> HttpResponse:
        """The patch as a plain diff that `git apply` takes. 404 while there is none."""
        run = run_get(tenant_id=tenant_scope(request), run_id=run_id)
        patch = getattr(run, "patch", None)
        if patch is None:
            raise NotFound(f"Run {run_id} has no patch.", hint=f"It is {run.state}; GET /runs/{run_id}/repair-status says why.")
        return HttpResponse(patch.diff, content_type="text/x-diff; charset=utf-8")


class RunTimelineApi(APIView):
    permission_classes = (IsViewer,)

    class Output(serializers.Serializer[Any]):
        items = EventSerializer(many=True)
        run_id = serializers.CharField()
        state = serializers.CharField()

    @extend_schema(
        operation_id="run_timeline",
        parameters=[OpenApiParameter("after", int, description="only events with a larger seq")],
        responses={200: Output},
    )
    def get(self, request: Request, run_id: str) -> Response:
        """What happened, in order; `?after=SEQ` follows a run as it goes."""
        run = run_get(tenant_id=tenant_scope(request), run_id=run_id)
        after = _whole_number(request.query_params.get("after", "0"), "after")
        items = [event_document(event) for event in run_events(run, after=after)]
        return Response({"items": items, "run_id": run.pk, "state": run.state})


class RunRepairStatusApi(APIView):
    permission_classes = (IsViewer,)

    class Output(serializers.Serializer[Any]):
        run_id = serializers.CharField()
        state = serializers.CharField()
        phase = serializers.CharField()
        failing_before = serializers.ListField(child=serializers.DictField())
        failing_now = serializers.ListField(child=serializers.DictField())
        attempts = serializers.IntegerField()
        budget_left = serializers.DictField()
        next_step = serializers.CharField()

    @extend_schema(operation_id="run_repair_status", responses={200: Output})
    def get(self, request: Request, run_id: str) -> Response:
        """Phase, failing checks before and now, attempts, what is left of the budgets, the next step and why."""
        run = run_get(tenant_id=tenant_scope(request), run_id=run_id)
        now = run_repair_status(run)
        names = ("state", "phase", "failing_before", "failing_now", "attempts", "next_step")
        return Response({"run_id": run.pk, "budget_left": budget_document(run)} | {name: getattr(now, name) for name in names})


class RunCancelApi(APIView):
    permission_classes = (IsOperator,)

    class Input(serializers.Serializer[Any]):
        reason = serializers.CharField(required=False, allow_blank=True, max_length=1000)

    @extend_schema(operation_id="run_cancel", request=Input, responses={200: RunSerializer})
    def post(self, request: Request, run_id: str) -> Response:
        """Stop a run. 409 when it has ended."""
        data = _valid(self.Input(data=request.data))
        run = run_get(tenant_id=tenant_scope(request), run_id=run_id)
        return Response(run_document(run_cancel(run=run, actor=str(request.user), reason=data.get("reason", ""))))


def _valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _tenant(request: Request, data: dict[str, Any]) -> str:
    """The tenant a run is for: a tenant's token may name its own only."""
    own, asked = tenant_scope(request), data.get("tenant_id")
    if own is None:
        if not asked:
            raise InvalidInput("tenant_id is missing.", hint="A platform token names the tenant that the run is for.")
        return str(asked)
    if asked and asked != own:
        raise Forbidden(f"This token belongs to tenant {own}.", hint="Leave tenant_id out, or use that tenant's own token.")
    return own


def _request(data: dict[str, Any], tenant_id: str, source: dict[str, Any], *, actor: str) -> RunRequest:
    optional = {name: data[name] for name in ("run_id", "engine", "budget_usd", "budget_seconds", "budget_attempts") if name in data}
    checks = tuple(name.strip() for name in data.get("checks", "").split(",") if name.strip())
    return RunRequest(
        tenant_id=tenant_id, source=source, actor=actor, config_text=data.get("config", ""), checks=checks, sla=data["sla"], **optional
    )


def _whole_number(text: str, name: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise InvalidInput(f"{name}={text!r} is no whole number.", hint=f"?{name}=0")
    return int(text)
