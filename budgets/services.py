"""Reserve before, settle after: each in one transaction on an append-only ledger."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F

from budgets.models import Budget, LedgerEntry, TenantLimits
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import BudgetExhausted, NotFound
from metabuilder.kernel.money import usd as as_usd

Kind = LedgerEntry.Kind
Number = Decimal | float | int


@dataclass(frozen=True)
class Amount:
    usd: Decimal
    seconds: Decimal
    attempts: int


def amount_of(usd: Number, seconds: Number, attempts: int) -> Amount:
    return Amount(as_usd(usd), Decimal(str(seconds)).quantize(Decimal("0.001")), attempts)


def budget_open(
    *, run_id: str, tenant_id: str, usd: Decimal | None = None, seconds: int | None = None, attempts: int | None = None
) -> Budget:
    """A run's budget: what was asked for, else the tenant's limits, else the platform's. Safe to repeat."""
    limits = TenantLimits.objects.filter(tenant_id=tenant_id).first() or TenantLimits()
    values = {
        "tenant_id": tenant_id,
        "usd_limit": _first(usd, limits.cost_budget_usd, settings.META_V4_DEFAULT_COST_BUDGET_USD),
        "seconds_limit": _first(seconds, limits.time_budget_seconds, settings.META_V4_DEFAULT_TIME_BUDGET_SECONDS),
        "attempts_limit": _first(attempts, limits.attempt_budget, settings.META_V4_DEFAULT_ATTEMPT_BUDGET),
        "created_at": now(),
    }
    budget, _ = Budget.objects.get_or_create(run_id=run_id, defaults=values)
    return budget


@transaction.atomic
def budget_reserve(*, run_id: str, usd: Number, seconds: Number, attempts: int, entry_key: str, phase: str = "") -> None:
    """Set money, time and attempts aside before they are used.

    Raises BudgetExhausted, with the shortfall, and writes nothing when any limit would be passed. Safe to repeat with the same
    `entry_key`.
    """
    wanted = amount_of(usd, seconds, attempts)
    # The lock on the budget's row makes two reservations of one run wait for each other.
    budget = _locked(run_id)
    if LedgerEntry.objects.filter(entry_key=entry_key, kind=Kind.RESERVE).exists():
        return
    _refuse_over(budget, wanted)
    _append(budget, Kind.RESERVE, entry_key, wanted, phase)
    Budget.objects.filter(pk=run_id).update(
        usd_reserved=F("usd_reserved") + wanted.usd,
        seconds_reserved=F("seconds_reserved") + wanted.seconds,
        attempts_reserved=F("attempts_reserved") + wanted.attempts,
    )


@transaction.atomic
def budget_settle(*, entry_key: str, usd: Number, seconds: Number, attempts: int) -> None:
    """Book what was really used and free the rest of the reservation; safe to repeat.

    Dollars and attempts never pass what was reserved. Seconds may: time that has gone by is booked as it is, and the next
    reservation is refused. Raises NotFound without a reservation.
    """
    _end(entry_key, Kind.SETTLE, amount_of(usd, seconds, attempts))


@transaction.atomic
def budget_release(*, entry_key: str) -> None:
    """Give a reservation back unused; safe to repeat. Raises NotFound without a reservation."""
    _end(entry_key, Kind.RELEASE, amount_of(0, 0, 0))


@transaction.atomic
def budget_close(*, run_id: str) -> None:
    """End a run's budget: reservations still open are given back, and nothing more can be reserved."""
    keys = LedgerEntry.objects.filter(budget_id=run_id, kind=Kind.RESERVE).values_list("entry_key", flat=True)
    for entry_key in keys:
        budget_release(entry_key=entry_key)
    Budget.objects.filter(pk=run_id).update(is_closed=True)


def _end(entry_key: str, kind: str, used: Amount) -> None:
    held = LedgerEntry.objects.filter(entry_key=entry_key, kind=Kind.RESERVE).first()
    if held is None:
        raise NotFound(f"Nothing is reserved as {entry_key}.")
    budget = _locked(held.budget_id)
    if LedgerEntry.objects.filter(entry_key=entry_key, kind__in=[Kind.SETTLE, Kind.RELEASE]).exists():
        return
    if used.usd > held.usd or used.attempts > held.attempts:
        raise BudgetExhausted(f"{entry_key} reserved {held.usd} USD and {held.attempts} attempts; {used.usd} and {used.attempts} were used.")
    _append(budget, kind, entry_key, used, held.phase)
    Budget.objects.filter(pk=budget.pk).update(
        usd_reserved=F("usd_reserved") - held.usd,
        usd_spent=F("usd_spent") + used.usd,
        seconds_reserved=F("seconds_reserved") - held.seconds,
        seconds_spent=F("seconds_spent") + used.seconds,
        attempts_reserved=F("attempts_reserved") - held.attempts,
        attempts_spent=F("attempts_spent") + used.attempts,
    )


def _locked(run_id: str) -> Budget:
    budget = Budget.objects.select_for_update().filter(pk=run_id).first()
    if budget is None:
        raise NotFound(f"Run {run_id} has no budget.")
    return budget


def _refuse_over(budget: Budget, wanted: Amount) -> None:
    if budget.is_closed:
        raise BudgetExhausted("The run has ended; nothing more can be reserved.")
    for name, unit in (("usd", "USD"), ("seconds", "seconds"), ("attempts", "attempts")):
        limit = getattr(budget, f"{name}_limit")
        left = limit - getattr(budget, f"{name}_reserved") - getattr(budget, f"{name}_spent")
        short = getattr(wanted, name) - left
        if short > 0:
            raise BudgetExhausted(f"{short} {unit} more than the budget of {limit} would be needed.", shortfall=str(short), currency=name)


def _append(budget: Budget, kind: str, entry_key: str, amount: Amount, phase: str) -> None:
    LedgerEntry.objects.create(
        budget=budget, tenant_id=budget.tenant_id, kind=kind, entry_key=entry_key, phase=phase, usd=amount.usd, seconds=amount.seconds,
        attempts=amount.attempts, created_at=now(),
    )


def _first(*values: Decimal | int | None) -> Decimal | int:
    return next(value for value in values if value is not None)
