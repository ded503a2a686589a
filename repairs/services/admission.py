"""Take a run in, or say why not."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from budgets.services import budget_open
from canary.services import arm_assign
from fleet.selectors import queue_accepts
from fleet.services.jobs import job_enqueue
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import Conflict, QueueDraining
from metabuilder.tenancy.flags import Flag, flag_enabled
from metabuilder.tenancy.services import tenant_ensure
from repairs.models import RepairRun
from repairs.models.run import new_run_id
from repairs.services.events import timeline_add

# What a caller's patience means for a run's place in the queue.
SLA_PRIORITIES = {"fast": "high", "normal": "normal", "thorough": "low"}


@dataclass(frozen=True)
class RunRequest:
    """What a caller asks for; shapes are checked by the way in, rules here."""

    tenant_id: str
    source: dict[str, Any]  # {"kind": "archive", "upload": name} | {"kind": "git", "url", "ref"} | {"kind": "path", "path"}
    actor: str
    run_id: str = field(default_factory=new_run_id)
    config_text: str = ""
    checks: tuple[str, ...] = ()
    engine: str | None = None  # None: the canary decides
    sla: str = "normal"
    budget_usd: Decimal | None = None
    budget_seconds: int | None = None
    budget_attempts: int | None = None


@transaction.atomic
def run_submit(request: RunRequest) -> RepairRun:
    """Admit a run and enqueue its first job. Raises QueueDraining, Conflict (id in use) or InvalidInput; then nothing is written."""
    at = now()
    if not queue_accepts("cpu"):
        raise QueueDraining("Queue cpu takes no new work.")
    tenant = tenant_ensure(request.tenant_id)
    engine, because = _engine(request)
    try:
        with transaction.atomic():
            run = RepairRun.objects.create(
                id=request.run_id,
                tenant=tenant,
                engine=engine,
                sla=request.sla,
                priority=SLA_PRIORITIES[request.sla],
                requested_by=request.actor,
                source=request.source,
                config_text=request.config_text,
                only_checks=list(request.checks),
                created_at=at,
            )
    except IntegrityError:
        raise Conflict(f"Run {request.run_id} exists already.", hint="Leave run_id out, or choose another.") from None
    budget_open(
        run_id=run.pk, tenant_id=tenant.pk, usd=request.budget_usd, seconds=request.budget_seconds, attempts=request.budget_attempts
    )
    timeline_add(run=run, kind="run_submitted", summary=f"Submitted to engine {engine}: {because}.", at=at, actor=request.actor)
    job_enqueue(
        task="repairs.prepare_run", queue="io", payload={"run_id": run.pk}, tenant_id=tenant.pk, run_id=run.pk, priority=run.priority
    )
    return run


def _engine(request: RunRequest) -> tuple[str, str]:
    """The engine and why. With v4 switched off a run goes to control; it is not refused."""
    if not flag_enabled(Flag.META_V4_ENABLED, request.tenant_id):
        return RepairRun.Engine.CONTROL, "v4 is switched off for this tenant"
    if request.engine:
        return request.engine, "the caller chose it"
    return arm_assign(tenant_id=request.tenant_id, run_id=request.run_id), "the canary chose it"
