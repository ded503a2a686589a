"""Reserve before, settle after: each in one transaction on an append-only ledger."""

from dataclasses import dataclass
from decimal import Decimal

import structlog
from django.conf import settings
from django.db import transaction

from budgets.amounts import CURRENCIES, Amount, Number, amount_of
from budgets.ledger import budget_locked, entry_append, minus, plus, sums_move
from budgets.models import Budget, LedgerEntry, TenantLimits
from metabuilder.audit.services import audit_record
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import BudgetExhausted, Conflict, InvalidInput, NotFound
from metabuilder.kernel.ids import new_id

Kind = LedgerEntry.Kind
ENDS = (Kind.SETTLE, Kind.RELEASE)
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Reservation:
    """What is set aside under a key until it is settled or released."""

    entry_key: str
    run_id: str
    usd: Decimal
    seconds: Decimal
    attempts: int


@transaction.atomic
def budget_open(
    *, run_id: str, tenant_id: str, usd: Decimal | None = None, seconds: int | None = None, attempts: int | None = None
) -> Budget:
    """A run's budget: what was asked for, else the tenant's limits, else the platform's. Safe to repeat.

    Raises InvalidInput for more than the platform's maximum.
    """
    limits = TenantLimits.objects.filter(tenant_id=tenant_id).first() or TenantLimits()
    wanted = amount_of(
        _first(usd, limits.cost_budget_usd, settings.META_V4_DEFAULT_COST_BUDGET_USD),
        _first(seconds, limits.time_budget_seconds, settings.META_V4_DEFAULT_TIME_BUDGET_SECONDS),
        int(_first(attempts, limits.attempt_budget, settings.META_V4_DEFAULT_ATTEMPT_BUDGET)),
    )
    _refuse_above_platform(wanted)
    values = {"tenant_id": tenant_id, "created_at": now()} | {f"{name}_limit": value for name, value in plus(wanted).items()}
    budget, is_new = Budget.objects.get_or_create(run_id=run_id, defaults=values)
    if is_new:
        entry_append(budget, Kind.OPEN, f"{run_id}:open", wanted)
    return budget


@transaction.atomic
def budget_reserve(
    *, run_id: str, usd: Number, seconds: Number, attempts: int, entry_key: str, phase: str = "", model: str = ""
) -> Reservation:
    """Set money, time and attempts aside before they are used; an upper bound, what is not used comes back.

    Raises BudgetExhausted, with the shortfall, and writes nothing when any limit would be passed or the time has been used up. Safe to
    repeat with the same `entry_key`: the first reservation stands.
    """
    wanted = amount_of(usd, seconds, attempts)
    budget = budget_locked(run_id)
    held = LedgerEntry.objects.filter(entry_key=entry_key, kind=Kind.RESERVE).first()
    if held is None:
        _refuse_over(budget, wanted)
        held = entry_append(budget, Kind.RESERVE, entry_key, wanted, phase=phase, model=model)
        sums_move(budget, reserved=plus(wanted))
    elif held.budget_id != run_id:
        raise Conflict(f"{entry_key} belongs to another run.")
    return Reservation(entry_key=entry_key, run_id=run_id, usd=held.usd, seconds=held.seconds, attempts=held.attempts)


@transaction.atomic
def budget_settle(*, entry_key: str, usd: Number, seconds: Number, attempts: int) -> None:
    """Book what was really used and free the rest of the reservation; safe to repeat.

    Dollars and attempts never pass what was reserved (Conflict). Seconds may: time that has gone by is booked as it was, and the next
    reservation is refused. A reservation that was released meanwhile (its run was cancelled) is charged for what was used, if it still
    fits; else Conflict. Raises NotFound without a reservation.
    """
    used = amount_of(usd, seconds, attempts)
    held, budget = _held(entry_key)
    _refuse_more_than(held, used)
    end = LedgerEntry.objects.filter(entry_key=entry_key, kind__in=ENDS).first()
    if end is None:
        entry_append(budget, Kind.SETTLE, entry_key, used, phase=held.phase, model=held.model)
        sums_move(budget, reserved=minus(held), spent=plus(used))
    elif end.kind == Kind.RELEASE:
        _charge_late(budget, held, used)


@transaction.atomic
def budget_release(*, entry_key: str) -> None:
    """Give a reservation back unused; safe to repeat. One that was settled stays settled. Raises NotFound without a reservation."""
    held, budget = _held(entry_key)
    if not LedgerEntry.objects.filter(entry_key=entry_key, kind__in=ENDS).exists():
        _release(budget, held)


@transaction.atomic
def budget_close(*, run_id: str) -> None:
    """End a run's budget: reservations still open are given back, and nothing more can be reserved. Safe to repeat."""
    budget = budget_locked(run_id)
    ended = LedgerEntry.objects.filter(budget=budget, kind__in=ENDS).values("entry_key")
    for held in LedgerEntry.objects.filter(budget=budget, kind=Kind.RESERVE).exclude(entry_key__in=ended):
        _release(budget, held)
    Budget.objects.filter(pk=run_id).update(is_closed=True)


@transaction.atomic
def budget_override(
    *, run_id: str, actor: str, reason: str, usd: Number | None = None, seconds: Number | None = None, attempts: int | None = None
) -> Budget:
    """Set a run's limits to these absolute numbers; what is None stays. Setting what is set changes nothing and is not audited again.

    Raises NotFound; InvalidInput without a reason or above the platform's maximum; Conflict below what is spent and reserved.
    """
    if not reason.strip():
        raise InvalidInput("An override needs a reason.", hint='{"reason": "..."}')
    budget = budget_locked(run_id)
    before = _limits(budget)
    wanted = amount_of(_first(usd, before.usd), _first(seconds, before.seconds), int(_first(attempts, before.attempts)))
    if wanted == before:
        return budget
    _refuse_above_platform(wanted)
    _refuse_below_used(budget, wanted)
    change = Amount(wanted.usd - before.usd, wanted.seconds - before.seconds, wanted.attempts - before.attempts)
    entry_append(budget, Kind.OVERRIDE, f"{run_id}:override:{new_id('override')}", change)
    sums_move(budget, limit=plus(change))
    audit_record(
        actor=actor,
        action="budget_override",
        target=f"run {run_id}",
        tenant_id=budget.tenant_id,
        reason=reason,
        before={name: str(value) for name, value in plus(before).items()},
        after={name: str(value) for name, value in plus(wanted).items()},
    )
    budget.refresh_from_db()
    return budget


def _held(entry_key: str) -> tuple[LedgerEntry, Budget]:
    held = LedgerEntry.objects.filter(entry_key=entry_key, kind=Kind.RESERVE).first()
    if held is None:
        raise NotFound(f"Nothing is reserved as {entry_key}.")
    return held, budget_locked(held.budget_id)


def _release(budget: Budget, held: LedgerEntry) -> None:
    entry_append(budget, Kind.RELEASE, held.entry_key, amount_of(0, 0, 0), phase=held.phase, model=held.model)
    sums_move(budget, reserved=minus(held))


def _charge_late(budget: Budget, held: LedgerEntry, used: Amount) -> None:
    if LedgerEntry.objects.filter(entry_key=held.entry_key, kind=Kind.CHARGE).exists():
        return
    left = _left(budget)
    if used.usd > left.usd or used.attempts > left.attempts:
        raise Conflict(f"{held.entry_key} was released, and what it used no longer fits into the budget.")
    entry_append(budget, Kind.CHARGE, held.entry_key, used, phase=held.phase, model=held.model)
    sums_move(budget, spent=plus(used))
    log.info("budget_charged_late", run_id=budget.pk, entry_key=held.entry_key, usd=str(used.usd), seconds=str(used.seconds))


def _refuse_over(budget: Budget, wanted: Amount) -> None:
    if budget.is_closed:
        raise BudgetExhausted("The run has ended; nothing more can be reserved.")
    left = _left(budget)
    for name, unit in CURRENCIES:
        short = getattr(wanted, name) - getattr(left, name)
        is_used_up = name == "seconds" and budget.seconds_spent >= budget.seconds_limit
        if short > 0 or is_used_up:
            limit = getattr(budget, f"{name}_limit")
            over = "has been used up" if is_used_up else f"has no room for {short} more"
            detail = f"The budget of {limit} {unit} {over}."
            raise BudgetExhausted(detail, shortfall=str(max(short, 0)), currency=name)


def _refuse_more_than(held: LedgerEntry, used: Amount) -> None:
    if used.usd > held.usd or used.attempts > held.attempts:
        raise Conflict(
            f"{held.entry_key} reserved {held.usd} USD and {held.attempts} attempts; {used.usd} and {used.attempts} were used.",
            hint="Reserve an upper bound before the call.",
        )


def _refuse_above_platform(wanted: Amount) -> None:
    most = Amount(
        settings.META_V4_MAX_COST_BUDGET_USD, Decimal(settings.META_V4_MAX_TIME_BUDGET_SECONDS), settings.META_V4_MAX_ATTEMPT_BUDGET
    )
    for name, unit in CURRENCIES:
        if getattr(wanted, name) > getattr(most, name):
            raise InvalidInput(f"A run's budget may be at most {getattr(most, name)} {unit}.", hint="The settings META_V4_MAX_* bound it.")


def _refuse_below_used(budget: Budget, wanted: Amount) -> None:
    for name, unit in (("usd", "USD"), ("attempts", "attempts")):
        used = getattr(budget, f"{name}_spent") + getattr(budget, f"{name}_reserved")
        if getattr(wanted, name) < used:
            raise Conflict(f"{used} {unit} are spent or reserved already; the limit cannot be {getattr(wanted, name)}.")


def _limits(budget: Budget) -> Amount:
    return Amount(budget.usd_limit, budget.seconds_limit, budget.attempts_limit)


def _left(budget: Budget) -> Amount:
    return Amount(
        budget.usd_limit - budget.usd_reserved - budget.usd_spent,
        budget.seconds_limit - budget.seconds_reserved - budget.seconds_spent,
        budget.attempts_limit - budget.attempts_reserved - budget.attempts_spent,
    )


def _first(*values: Number | None) -> Number:
    return next(value for value in values if value is not None)
