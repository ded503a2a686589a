from shop import summer
from shop.registry import DISCOUNTS, names
from typing import Optional


def total(prices, discount: Optional[str] = None):
    """Sum of the prices, with a discount when one is named."""
    result = sum(prices)
    if discount != None:
        if not discount in DISCOUNTS:
            raise KeyError("no discount %s; there are %s" % (discount, ", ".join(names())))
        result = DISCOUNTS[discount](result)
    return round(result, 2)


def receipt(prices, paid=None):
    try:
        change = paid - total(prices)
    except TypeError:
        raise ValueError("paid is missing")
    return "%.2f paid, %.2f back" % (paid, change)
