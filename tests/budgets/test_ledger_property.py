"""Whatever is done in whatever order, the ledger adds up to the row and no limit is passed."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from budgets.models import Budget
from budgets.services import budget_close, budget_open, budget_override, budget_release, budget_reserve, budget_settle
from metabuilder.kernel.errors import DomainError
from metabuilder.kernel.ids import new_id
from tests.budgets.ledger_sums import assert_ledger_equals_row

keys = st.sampled_from(["a", "b", "c", "d"])
usd = st.decimals(min_value=0, max_value=6, places=6)
seconds = st.floats(min_value=0, max_value=60)
attempts = st.integers(min_value=0, max_value=3)
moves = st.one_of(
    st.tuples(st.just("reserve"), keys, usd, seconds, attempts),
    st.tuples(st.just("settle"), keys, usd, seconds, attempts),
    st.tuples(st.just("release"), keys, usd, seconds, attempts),
    st.tuples(st.just("override"), keys, usd, seconds, attempts),
    st.tuples(st.just("close"), keys, usd, seconds, attempts),
)


def play(run_id: str, kind: str, key: str, amounts: dict[str, Decimal | float | int]) -> None:
    entry_key = f"{run_id}:{key}"
    verbs: dict[str, Callable[[], object]] = {
        "reserve": lambda: budget_reserve(run_id=run_id, entry_key=entry_key, **amounts),
        "settle": lambda: budget_settle(entry_key=entry_key, **amounts),
        "release": lambda: budget_release(entry_key=entry_key),
        "override": lambda: budget_override(run_id=run_id, actor="token:a", reason="play", **amounts),
        "close": lambda: budget_close(run_id=run_id),
    }
    with suppress(DomainError):
        verbs[kind]()


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(played=st.lists(moves, max_size=14))
def test_the_ledger_adds_up_to_the_row(played: list[tuple[str, str, Decimal, float, int]]) -> None:
    run_id = new_id("run")
    with transaction.atomic():
        budget_open(run_id=run_id, tenant_id="tenant_123", usd=Decimal(10), seconds=100, attempts=5)
        for kind, key, dollars, time, tries in played:
            play(run_id, kind, key, {"usd": dollars, "seconds": time, "attempts": tries})
            row = Budget.objects.get(pk=run_id)
            assert row.usd_spent + row.usd_reserved <= row.usd_limit
            assert row.attempts_spent + row.attempts_reserved <= row.attempts_limit
            assert_ledger_equals_row(run_id)
