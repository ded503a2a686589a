"""A small double-entry book."""

<<<<<<< HEAD
from collections import defaultdict
from decimal import Decimal
=======
from collections import defaultdict
from datetime import date
from decimal import Decimal
>>>>>>> feature/dates


class Book:
    def __init__(self):
        self.entries = []

    def post(self, debit, credit, amount, on=None):
        if Decimal(amount) <= 0
            raise ValueError("an amount is more than nothing")
        self.entries.append((on or date(2026, 1, 1), debit, credit, Decimal(amount)))

    def balances(self):
        result = defaultdict(Decimal)
        for _, debit, credit, amount in self.entries:
            result[debit] += amount
            result[credit] -= amount
        return dict(result)
