import unittest
from datetime import date

from ledger.book import Book


class BookTest(unittest.TestCase):
    def test_every_entry_balances(self):
        book = Book()
        book.post("cash", "sales", "12.50")
        book.post("rent", "cash", "5", on=date(2026, 2, 1))
        self.assertEqual(sum(book.balances().values()), 0)
        self.assertEqual(str(book.balances()["cash"]), "7.50")

    def test_nothing_is_refused(self):
        with self.assertRaises(ValueError):
            Book().post("cash", "sales", "0")
