"""The sums of a ledger, added up without the code under test."""

from budgets.models import Budget, LedgerEntry


def assert_ledger_equals_row(run_id: str) -> None:
    row = Budget.objects.get(pk=run_id)
    entries = list(LedgerEntry.objects.filter(budget=row))
    ended = {entry.entry_key for entry in entries if entry.kind in ("settle", "release")}
    for name in ("usd", "seconds", "attempts"):
        limit = sum(getattr(entry, name) for entry in entries if entry.kind in ("open", "override"))
        spent = sum(getattr(entry, name) for entry in entries if entry.kind in ("settle", "charge"))
        reserved = sum(getattr(entry, name) for entry in entries if entry.kind == "reserve" and entry.entry_key not in ended)
        assert (limit, spent, reserved) == (getattr(row, f"{name}_limit"), getattr(row, f"{name}_spent"), getattr(row, f"{name}_reserved"))
