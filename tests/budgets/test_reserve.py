"""Reserve, settle, release, close: each once, none beyond the limits."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from budgets.models import Budget, LedgerEntry
from budgets.selectors import budget_remaining, cost_summary
from budgets.services import budget_close, budget_open, budget_release, budget_reserve, budget_settle
from metabuilder.kernel.errors import BudgetExhausted, Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.django_db
RUN = "run_1"


@pytest.fixture
def budget() -> Budget:
    return budget_open(run_id=RUN, tenant_id="tenant_123", usd=Decimal(10), seconds=100, attempts=5)


def reserve(key: str, usd: float = 1, seconds: float = 10, attempts: int = 1) -> None:
    budget_reserve(run_id=RUN, usd=usd, seconds=seconds, attempts=attempts, entry_key=key, phase="patch")


def kinds(key: str) -> list[str]:
    return list(LedgerEntry.objects.filter(entry_key=key).order_by("id").values_list("kind", flat=True))


def test_a_reservation_is_taken_from_what_remains(budget: Budget) -> None:
    reserve("a", usd=2.5, seconds=10.5, attempts=2)
    left = budget_remaining(RUN)
    assert (left.usd, left.seconds, left.attempts) == (Decimal("7.5"), Decimal("89.5"), 3)


def test_reserving_twice_under_one_key_is_reserving_once(budget: Budget) -> None:
    reserve("a")
    reserve("a", usd=9)
    assert budget_remaining(RUN).usd == 9
    assert kinds("a") == ["reserve"]


def test_a_repeat_succeeds_although_nothing_is_left(budget: Budget) -> None:
    reserve("a", usd=10, seconds=100, attempts=5)
    reserve("a", usd=10, seconds=100, attempts=5)
    assert budget_remaining(RUN).usd == 0


@pytest.mark.parametrize(
    ("usd", "seconds", "attempts", "currency"), [(10.000001, 0, 0, "usd"), (0, 100.001, 0, "seconds"), (0, 0, 6, "attempts")]
)
def test_a_denial_names_the_shortfall_and_writes_nothing(budget: Budget, usd: float, seconds: float, attempts: int, currency: str) -> None:
    with pytest.raises(BudgetExhausted) as denial:
        reserve("a", usd=usd, seconds=seconds, attempts=attempts)
    assert denial.value.extra["currency"] == currency
    assert Decimal(denial.value.extra["shortfall"]) > 0
    assert kinds("a") == []
    assert budget_remaining(RUN).usd == 10


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["usd", "seconds"])
def test_what_is_no_amount_cannot_make_room(budget: Budget, name: str, amount: float) -> None:
    with pytest.raises(InvalidInput):
        reserve("a", **{name: amount})


def test_settling_books_what_was_used_and_frees_the_rest(budget: Budget) -> None:
    reserve("a", usd=4, seconds=50)
    budget_settle(entry_key="a", usd=Decimal("1.25"), seconds=20, attempts=1)
    left = budget_remaining(RUN)
    assert (left.usd, left.seconds, left.attempts) == (Decimal("8.75"), Decimal(80), 4)


def test_settling_twice_is_settling_once(budget: Budget) -> None:
    reserve("a")
    for _ in range(2):
        budget_settle(entry_key="a", usd=1, seconds=1, attempts=1)
    assert kinds("a") == ["reserve", "settle"]
    assert budget_remaining(RUN).usd == 9


def test_more_dollars_than_reserved_cannot_be_settled(budget: Budget) -> None:
    reserve("a", usd=1)
    with pytest.raises(Conflict):
        budget_settle(entry_key="a", usd=1.01, seconds=0, attempts=1)
    assert kinds("a") == ["reserve"]


def test_time_that_ran_over_is_booked_and_the_next_reservation_is_refused(budget: Budget) -> None:
    reserve("a", seconds=10)
    budget_settle(entry_key="a", usd=0, seconds=130.5, attempts=1)
    assert Budget.objects.get().seconds_spent == Decimal("130.5")
    assert budget_remaining(RUN).seconds == 0
    with pytest.raises(BudgetExhausted):
        reserve("b", seconds=0)


def test_time_used_to_the_last_millisecond_refuses_even_a_reservation_of_no_time(budget: Budget) -> None:
    reserve("a", seconds=100)
    budget_settle(entry_key="a", usd=0, seconds=100, attempts=1)
    with pytest.raises(BudgetExhausted):
        reserve("b", seconds=0)


def test_releasing_twice_gives_back_once(budget: Budget) -> None:
    reserve("a", usd=3)
    for _ in range(2):
        budget_release(entry_key="a")
    assert budget_remaining(RUN).usd == 10
    assert kinds("a") == ["reserve", "release"]


def test_a_settled_reservation_is_not_given_back(budget: Budget) -> None:
    reserve("a", usd=3)
    budget_settle(entry_key="a", usd=3, seconds=1, attempts=1)
    budget_release(entry_key="a")
    assert budget_remaining(RUN).usd == 7


def test_what_was_used_before_a_release_became_known_is_charged_once(budget: Budget) -> None:
    reserve("a", usd=3)
    budget_close(run_id=RUN)
    for _ in range(2):
        budget_settle(entry_key="a", usd=2, seconds=5, attempts=1)
    assert kinds("a") == ["reserve", "release", "charge"]
    assert Budget.objects.get().usd_spent == 2


def test_a_closed_budget_gives_back_what_is_open_and_takes_nothing_more(budget: Budget) -> None:
    reserve("a", usd=3)
    reserve("b", usd=3)
    budget_settle(entry_key="b", usd=1, seconds=1, attempts=1)
    for _ in range(2):
        budget_close(run_id=RUN)
    row = Budget.objects.get()
    assert (row.usd_reserved, row.usd_spent, row.is_closed) == (0, 1, True)
    with pytest.raises(BudgetExhausted):
        reserve("c")


def test_a_key_of_another_run_is_refused(budget: Budget) -> None:
    reserve("a")
    budget_open(run_id="run_2", tenant_id="tenant_123")
    with pytest.raises(Conflict):
        budget_reserve(run_id="run_2", usd=1, seconds=1, attempts=1, entry_key="a")


def test_what_was_never_reserved_can_neither_be_settled_nor_released(budget: Budget) -> None:
    with pytest.raises(NotFound):
        budget_settle(entry_key="none", usd=0, seconds=0, attempts=0)
    with pytest.raises(NotFound):
        budget_release(entry_key="none")


def test_the_database_itself_refuses_an_overspent_row(budget: Budget) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Budget.objects.update(usd_spent=11)
    with pytest.raises(IntegrityError), transaction.atomic():
        Budget.objects.update(attempts_reserved=6)


def test_the_database_refuses_to_change_or_remove_a_ledger_entry(budget: Budget) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LedgerEntry.objects.update(usd=0)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LedgerEntry.objects.filter(budget=budget)._raw_delete("default")


def test_the_summary_says_what_the_money_went_for(budget: Budget) -> None:
    reserve("a", usd=3)
    budget_settle(entry_key="a", usd=2, seconds=5, attempts=1)
    budget_reserve(run_id=RUN, usd=1, seconds=0, attempts=0, entry_key="call", phase="patch", model="small-1")
    budget_settle(entry_key="call", usd=Decimal("0.25"), seconds=0, attempts=0)
    summary = cost_summary(RUN)
    assert summary.spent.usd == Decimal("2.25")
    assert [(row.phase, row.model, row.usd, row.count) for row in summary.by_phase] == [
        ("patch", "", 2, 1),
        ("patch", "small-1", Decimal("0.25"), 1),
    ]
