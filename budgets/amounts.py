"""Three currencies at once: pure."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from metabuilder.kernel.errors import InvalidInput
from metabuilder.kernel.money import usd as as_usd

Number = Decimal | float | int
CURRENCIES = (("usd", "USD"), ("seconds", "seconds"), ("attempts", "attempts"))
MILLISECOND = Decimal("0.001")
MAX = Decimal(100_000)  # what a ledger column holds, with room


@dataclass(frozen=True)
class Amount:
    """Dollars to a millionth, seconds to a thousandth, whole attempts."""

    usd: Decimal
    seconds: Decimal
    attempts: int


def amount_of(usd: Number, seconds: Number, attempts: int) -> Amount:
    """Numbers as the ledger keeps them.

    Raises InvalidInput for what is negative, infinite or no number: it would make room from nothing.
    """
    try:
        amount = Amount(as_usd(usd), Decimal(str(seconds)).quantize(MILLISECOND), attempts)
        is_sound = all(0 <= getattr(amount, name) <= MAX for name, _ in CURRENCIES)
    except InvalidOperation:
        is_sound = False
    if not is_sound:
        raise InvalidInput(f"usd={usd}, seconds={seconds}, attempts={attempts} is no amount.", hint=f"Numbers from 0 to {MAX}.")
    return amount
