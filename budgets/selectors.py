"""What is left of a budget."""

from dataclasses import dataclass
from decimal import Decimal

from budgets.models import Budget


@dataclass(frozen=True)
class Remaining:
    usd: Decimal
    seconds: Decimal
    attempts: int


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
