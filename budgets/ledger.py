"""The ledger's one pen: an entry and the sums that follow from it, together."""

from collections.abc import Mapping
from decimal import Decimal

from django.db.models import F

from budgets.amounts import Amount
from budgets.models import Budget, LedgerEntry
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import NotFound


def budget_locked(run_id: str) -> Budget:
    """The run's row, held to the end of the transaction: two movers of one budget wait for each other. Raises NotFound."""
    budget = Budget.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if budget is None:
        raise NotFound(f"Run {run_id} has no budget.")
    return budget


def entry_append(budget: Budget, kind: str, entry_key: str, amount: Amount, *, phase: str = "", model: str = "") -> LedgerEntry:
    return LedgerEntry.objects.create(
        budget=budget,
        tenant_id=budget.tenant_id,
        kind=kind,
        entry_key=entry_key,
        phase=phase,
        model=model,
        usd=amount.usd,
        seconds=amount.seconds,
        attempts=amount.attempts,
        created_at=now(),
    )


def sums_move(budget: Budget, **moves: Mapping[str, Decimal | int]) -> None:
    """Add to the row's sums: `sums_move(budget, reserved={"usd": -held}, spent={...})`."""
    values = {f"{name}_{kind}": F(f"{name}_{kind}") + value for kind, amounts in moves.items() for name, value in amounts.items()}
    Budget.objects.filter(pk=budget.pk).update(**values)


def plus(amount: Amount | LedgerEntry) -> dict[str, Decimal | int]:
    return {"usd": amount.usd, "seconds": amount.seconds, "attempts": amount.attempts}


def minus(amount: Amount | LedgerEntry) -> dict[str, Decimal | int]:
    return {"usd": -amount.usd, "seconds": -amount.seconds, "attempts": -amount.attempts}
