"""Real processes with a connection each: together they never pass a limit."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from budgets.models import Budget, LedgerEntry
from budgets.services import budget_open
from tests.budgets.ledger_sums import assert_ledger_equals_row

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, EACH = 8, 50
SPENDER = ROOT / "tests" / "budgets" / "spender.py"


def spend_together(run_id: str, mode: str) -> list[tuple[int, int]]:
    """Eight processes at once; (granted, denied) of each."""
    environment = {**os.environ, "TEST_DATABASE": str(connection.settings_dict["NAME"]), "META_V4_LOG_LEVEL": "WARNING"}
    command = [sys.executable, str(SPENDER), run_id, mode, str(EACH)]
    started = [
        subprocess.Popen(
            [*command, str(number)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for process in started:  # all are connected before the first may spend
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready", process.stderr.read() if process.stderr else ""
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES, [error for _, error in outputs]
    return [(int(granted), int(denied)) for granted, denied in (out.split() for out, _ in outputs)]


@pytest.mark.django_db(transaction=True)
def test_eight_processes_cannot_reserve_more_than_the_budget() -> None:
    budget_open(run_id="run_1", tenant_id="tenant_123", usd=Decimal(100), seconds=86_400, attempts=1000)
    results = spend_together("run_1", "reserve")
    assert sum(granted for granted, _ in results) == 100
    assert sum(denied for _, denied in results) == PROCESSES * EACH - 100
    row = Budget.objects.get()
    assert (row.usd_reserved, row.usd_spent) == (100, 0)
    assert_ledger_equals_row("run_1")


@pytest.mark.django_db(transaction=True)
def test_eight_processes_that_settle_and_release_as_they_go_spend_the_budget_to_the_cent_and_no_more() -> None:
    budget_open(run_id="run_1", tenant_id="tenant_123", usd=Decimal(100), seconds=86_400, attempts=1000)
    spend_together("run_1", "spend")
    row = Budget.objects.get()
    settled = LedgerEntry.objects.filter(kind="settle").count()
    assert row.usd_reserved == 0
    assert row.usd_spent == Decimal("0.75") * settled <= 100
    assert_ledger_equals_row("run_1")


@pytest.mark.django_db(transaction=True)
def test_eight_processes_with_the_same_keys_reserve_and_settle_each_key_once() -> None:
    budget_open(run_id="run_1", tenant_id="tenant_123", usd=Decimal(100), seconds=86_400, attempts=1000)
    results = spend_together("run_1", "same")
    assert all(denied == 0 for _, denied in results)
    assert LedgerEntry.objects.filter(kind="reserve").count() == EACH
    assert LedgerEntry.objects.filter(kind="settle").count() == EACH
    assert Budget.objects.get().usd_spent == EACH
    assert_ledger_equals_row("run_1")
