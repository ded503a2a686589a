"""Money is `Decimal` US dollars with six places; it leaves the platform as a string."""

from decimal import ROUND_HALF_UP, Decimal

MICRO_USD = Decimal("0.000001")
ZERO_USD = Decimal("0")


def usd(value: Decimal | int | str | float) -> Decimal:
    """`value` as dollars, rounded half up to a millionth. Raises `decimal.InvalidOperation` for what is no number."""
    return Decimal(str(value)).quantize(MICRO_USD, rounding=ROUND_HALF_UP)


def usd_text(value: Decimal) -> str:
    """`0.0123` for people and for JSON: no exponent, at least two places, no idle zeros."""
    text = format(usd(value), "f").rstrip("0")
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(2, '0')}"
