"""Where a run's limits come from and who may move them."""

from decimal import Decimal

import pytest
from django.conf import settings

from budgets.models import Budget, LedgerEntry, TenantLimits
from budgets.services import budget_open, budget_override, budget_reserve
from metabuilder.audit.models import AuditEntry
from metabuilder.kernel.errors import Conflict, InvalidInput, NotFound
from metabuilder.tenancy.services import tenant_ensure

pytestmark = pytest.mark.django_db


def test_nothing_asked_and_no_tenants_limits_means_the_platforms_defaults() -> None:
    budget = budget_open(run_id="run_1", tenant_id="tenant_123")
    assert budget.usd_limit == settings.META_V4_DEFAULT_COST_BUDGET_USD
    assert budget.seconds_limit == settings.META_V4_DEFAULT_TIME_BUDGET_SECONDS
    assert budget.attempts_limit == settings.META_V4_DEFAULT_ATTEMPT_BUDGET


def test_a_tenants_limit_stands_before_the_default_and_the_request_before_both() -> None:
    TenantLimits.objects.create(tenant=tenant_ensure("tenant_123"), cost_budget_usd=20, attempt_budget=3)
    budget = budget_open(run_id="run_1", tenant_id="tenant_123", attempts=7)
    assert (budget.usd_limit, budget.attempts_limit) == (20, 7)


def test_no_dollars_at_all_is_a_limit_too() -> None:
    assert budget_open(run_id="run_1", tenant_id="tenant_123", usd=Decimal(0)).usd_limit == 0


def test_opening_twice_is_opening_once() -> None:
    first = budget_open(run_id="run_1", tenant_id="tenant_123", usd=Decimal(5))
    again = budget_open(run_id="run_1", tenant_id="tenant_123", usd=Decimal(9))
    assert again.usd_limit == first.usd_limit == 5
    assert LedgerEntry.objects.count() == 1


def test_nobody_opens_or_overrides_above_the_platforms_maximum() -> None:
    too_much = settings.META_V4_MAX_COST_BUDGET_USD + 1
    with pytest.raises(InvalidInput):
        budget_open(run_id="run_1", tenant_id="tenant_123", usd=too_much)
    budget_open(run_id="run_1", tenant_id="tenant_123")
    with pytest.raises(InvalidInput):
        budget_override(run_id="run_1", usd=too_much, actor="token:a", reason="emergency_override")


def test_an_override_sets_absolute_limits_leaves_the_others_and_is_audited() -> None:
    budget_open(run_id="run_1", tenant_id="tenant_123", usd=Decimal(10), seconds=60, attempts=5)
    budget = budget_override(run_id="run_1", usd=Decimal("50.0"), actor="token:a", reason="emergency_override")
    assert (budget.usd_limit, budget.seconds_limit, budget.attempts_limit) == (50, 60, 5)
    entry = AuditEntry.objects.get(action="budget_override")
    assert (entry.actor, entry.target, entry.tenant_id, entry.reason) == ("token:a", "run run_1", "tenant_123", "emergency_override")
    assert (Decimal(entry.before["usd"]), Decimal(entry.after["usd"])) == (10, 50)


def test_overriding_twice_with_the_same_numbers_is_overriding_once() -> None:
    budget_open(run_id="run_1", tenant_id="tenant_123")
    for _ in range(2):
        budget_override(run_id="run_1", usd=50, actor="token:a", reason="emergency_override")
    assert AuditEntry.objects.filter(action="budget_override").count() == 1
    assert LedgerEntry.objects.filter(kind="override").count() == 1


def test_an_override_needs_a_reason_and_a_budget() -> None:
    with pytest.raises(NotFound):
        budget_override(run_id="run_none", usd=50, actor="token:a", reason="emergency_override")
    budget_open(run_id="run_1", tenant_id="tenant_123")
    with pytest.raises(InvalidInput):
        budget_override(run_id="run_1", usd=50, actor="token:a", reason=" ")


def test_a_limit_cannot_be_lowered_below_what_is_taken() -> None:
    budget_open(run_id="run_1", tenant_id="tenant_123", usd=Decimal(10))
    budget_reserve(run_id="run_1", usd=6, seconds=1, attempts=1, entry_key="a")
    with pytest.raises(Conflict):
        budget_override(run_id="run_1", usd=5, actor="token:a", reason="save money")
    assert Budget.objects.get().usd_limit == 10
