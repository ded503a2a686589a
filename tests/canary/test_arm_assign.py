"""Sticky and fair: the same run always gets the same arm, and the share is the percentage."""

import pytest
from django.test import override_settings

from canary.rules import arm_of
from canary.services import arm_assign


def assign(run_id: str) -> str:
    return arm_assign(tenant_id="tenant_123", run_id=run_id)


def test_a_run_keeps_its_arm() -> None:
    with override_settings(FEATURE_META_V4_CANARY_PERCENT=50):
        assert [assign(f"run_{n}") for n in range(100)] == [assign(f"run_{n}") for n in range(100)]


@pytest.mark.parametrize(("percent", "arms"), [(0, {"control"}), (100, {"v4"})])
def test_nought_and_a_hundred_percent_have_no_exception(percent: int, arms: set[str]) -> None:
    with override_settings(FEATURE_META_V4_CANARY_PERCENT=percent):
        assert {assign(f"run_{n}") for n in range(2000)} == arms


@pytest.mark.parametrize("percent", [1, 10, 50, 90])
def test_the_share_is_the_percentage(percent: int) -> None:
    size = 20_000
    share = sum(arm_of(f"tenant_123/run_{n}", percent=percent) == "v4" for n in range(size)) / size
    deviation = (percent / 100 * (1 - percent / 100) / size) ** 0.5
    assert abs(share - percent / 100) < 4 * deviation


def test_a_growing_percentage_moves_nobody_back() -> None:
    keys = [f"tenant_123/run_{n}" for n in range(2000)]
    shares = [{key for key in keys if arm_of(key, percent=percent) == "v4"} for percent in (0, 5, 25, 60, 100)]
    for smaller, larger in zip(shares, shares[1:], strict=False):
        assert smaller < larger


def test_tenants_are_assigned_apart() -> None:
    with override_settings(FEATURE_META_V4_CANARY_PERCENT=50):
        arms = [arm_assign(tenant_id=tenant, run_id="run_1") for tenant in map(str, range(200))]
    assert {"v4", "control"} == set(arms)
