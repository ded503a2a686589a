"""What is left of a budget, and what it went for."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from budgets.models import Budget, LedgerEntry
from metabuilder.kernel.errors import NotFound

SPENDING = (LedgerEntry.Kind.SETTLE, LedgerEntry.Kind.CHARGE)


@dataclass(frozen=True)
class Remaining:
    usd: Decimal
    seconds: Decimal
    attempts: int


@dataclass(frozen=True)
class Spent:
    """What one phase and model took; `count` is how many settlements."""

    phase: str
    model: str
    usd: Decimal
    seconds: Decimal
    attempts: int
    count: int


@dataclass(frozen=True)
class CostSummary:
    """One run's money and time: what may be spent, what was, what is set aside, and for what it went."""

    run_id: str
    limit: Remaining
    reserved: Remaining
    spent: Remaining
    by_phase: tuple[Spent, ...]


def budget_remaining(run_id: str) -> Remaining:
    """Limits less what is spent and set aside; never below nothing. A run without a budget has nothing left."""
    row = Budget.objects.filter(pk=run_id).first()
    if row is None:
        return Remaining(Decimal(0), Decimal(0), 0)
    return Remaining(
        usd=max(row.usd_limit - row.usd_reserved - row.usd_spent, Decimal(0)),
        seconds=max(row.seconds_limit - row.seconds_reserved - row.seconds_spent, Decimal(0)),
        attempts=max(row.attempts_limit - row.attempts_reserved - row.attempts_spent, 0),
    )


def cost_summary(run_id: str) -> CostSummary:
    """Raises NotFound for a run without a budget."""
    row = Budget.objects.filter(pk=run_id).first()
    if row is None:
        raise NotFound(f"Run {run_id} has no budget.")
    groups = (
        LedgerEntry.objects.filter(budget=row, kind__in=SPENDING)
        .values("phase", "model")
        .annotate(total_usd=Sum("usd"), total_seconds=Sum("seconds"), total_attempts=Sum("attempts"), count=Count("id"))
        .order_by("phase", "model")
    )
    return CostSummary(
        run_id=run_id,
        limit=Remaining(row.usd_limit, row.seconds_limit, row.attempts_limit),
        reserved=Remaining(row.usd_reserved, row.seconds_reserved, row.attempts_reserved),
        spent=Remaining(row.usd_spent, row.seconds_spent, row.attempts_spent),
        by_phase=tuple(Spent(g["phase"], g["model"], g["total_usd"], g["total_seconds"], g["total_attempts"], g["count"]) for g in groups),
    )
