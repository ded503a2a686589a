"""Runs as their readers want them; a tenant's reader sees its own only."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from budgets.selectors import budget_remaining
from metabuilder.kernel.errors import NotFound
from repairs.engine.types import TreeReport
from repairs.models import RepairRun, TimelineEvent


def runs_visible(tenant_id: str | None) -> QuerySet[RepairRun]:
    """Every run a principal may see; `None` is the platform's own."""
    runs = RepairRun.objects.order_by("-created_at", "-id")
    return runs if tenant_id is None else runs.filter(tenant_id=tenant_id)


def run_get(*, tenant_id: str | None, run_id: str) -> RepairRun:
    """Raises NotFound for a run that is not there or another tenant's: the two look alike."""
    run = runs_visible(tenant_id).select_related("base_round", "first_round", "patch").filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"There is no run {run_id}.", hint="GET /runs lists the runs this token sees.")
    return run


def run_events(run: RepairRun, *, after: int = 0) -> QuerySet[TimelineEvent]:
    return run.events.filter(seq__gt=after).order_by("seq")


@dataclass(frozen=True)
class RepairStatus:
    """Where a run stands: what fails before and now, what is left to spend, what comes next and why."""

    phase: str
    state: str
    failing_before: list[dict[str, Any]]
    failing_now: list[dict[str, Any]]
    attempts: int
    budget: dict[str, Any]
    next_step: str


def run_repair_status(run: RepairRun) -> RepairStatus:
    last = run.attempts.order_by("-number").first()
    planned = run.events.filter(kind__in=("planned", "attempt_planned")).order_by("-seq").first()
    left = budget_remaining(run.pk)
    return RepairStatus(
        phase=last.phase if last else run.state,
        state=run.state,
        failing_before=_failing(run.first_round.tree_report()) if run.first_round else [],
        failing_now=_failing(run.base_round.tree_report()) if run.base_round else [],
        attempts=run.attempts.count(),
        budget={"usd": left.usd, "seconds": left.seconds, "attempts": left.attempts},
        next_step=run.reason if run.is_terminal else (planned.summary if planned else "The first look at the tree."),
    )


def _failing(report: TreeReport) -> list[dict[str, Any]]:
    return [
        {
            "check": row.check,
            "class": row.failure_class.value,
            "status": row.status.value,
            "findings": len(row.findings),
            "rules": dict(Counter(f.rule for f in row.findings)),
        }
        for row in report.reports
        if not row.is_green
    ]


def run_spent_usd(run: RepairRun) -> Decimal:
    """What the run's attempts have cost so far."""
    return run.attempts.aggregate(total=Sum("cost_usd"))["total"] or Decimal(0)
