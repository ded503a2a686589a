"""A process of its own that spends: `spender.py RUN reserve|spend|same TIMES NUMBER`; prints how often it was granted and denied."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "metabuilder.settings.test"

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
django.setup()

from django.db import connection  # noqa: E402

from budgets.services import budget_release, budget_reserve, budget_settle  # noqa: E402
from metabuilder.kernel.errors import BudgetExhausted  # noqa: E402


def spend(run_id: str, mode: str, key: str, turn: int) -> None:
    budget_reserve(run_id=run_id, usd=1, seconds=1, attempts=1, entry_key=key)
    if mode == "spend" and turn % 3 == 0:
        budget_release(entry_key=key)
    elif mode == "spend":
        budget_settle(entry_key=key, usd=0.75, seconds=2, attempts=1)
    elif mode == "same":
        budget_settle(entry_key=key, usd=1, seconds=1, attempts=1)


def main(run_id: str, mode: str, times: int, number: int) -> None:
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    granted = denied = 0
    for turn in range(times):
        try:
            spend(run_id, mode, f"key:{turn}" if mode == "same" else f"key:{number}:{turn}", turn)
            granted += 1
        except BudgetExhausted:
            denied += 1
    print(granted, denied)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
