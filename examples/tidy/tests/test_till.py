import pytest
from shop.till import receipt, total


def test_a_plain_sum():
    assert total([1.5, 2.25]) == 3.75


def test_the_summer_discount_is_known():
    assert total([10, 20], "summer") == 27.0


def test_an_unknown_discount_names_the_known_ones():
    with pytest.raises(KeyError, match="summer"):
        total([1], "winter")


def test_a_receipt():
    assert receipt([2.5], 5) == "5.00 paid, 2.50 back"
    with pytest.raises(ValueError):
        receipt([2.5])
