"""Platform off wins, then the tenant, then the default."""

import pytest
from django.test import override_settings

from metabuilder.audit.models import AuditEntry
from metabuilder.tenancy.flags import Flag, decide, flag_enabled
from metabuilder.tenancy.models import FeatureOverride
from metabuilder.tenancy.services import flag_set

FLAG = Flag.META_V4_ENABLED


@pytest.mark.parametrize(
    ("started_with", "platform", "tenant", "answer"),
    [
        (True, None, None, True),
        (True, None, False, False),
        (True, None, True, True),
        (True, True, False, False),
        (True, False, True, False),
        (True, False, None, False),
        (False, None, None, False),
        (False, True, True, False),
    ],
)
def test_who_decides(started_with: bool, platform: bool | None, tenant: bool | None, answer: bool) -> None:
    assert decide(started_with=started_with, platform=platform, tenant=tenant) is answer


@pytest.mark.django_db
def test_a_tenants_switch_is_its_own() -> None:
    flag_set(flag=FLAG, tenant_id="tenant_123", is_enabled=False, actor="test")
    assert not flag_enabled(FLAG, "tenant_123")
    assert flag_enabled(FLAG, "tenant_999")


@pytest.mark.django_db
def test_the_platforms_switch_is_everybodys_and_goes_back_on() -> None:
    flag_set(flag=FLAG, tenant_id="tenant_123", is_enabled=True, actor="test")
    flag_set(flag=FLAG, tenant_id=None, is_enabled=False, actor="test")
    assert not flag_enabled(FLAG, "tenant_123")
    flag_set(flag=FLAG, tenant_id=None, is_enabled=True, actor="test")
    assert flag_enabled(FLAG, "tenant_123")


@pytest.mark.django_db
def test_what_the_environment_switched_off_stays_off() -> None:
    flag_set(flag=FLAG, tenant_id=None, is_enabled=True, actor="test")
    with override_settings(FEATURE_META_V4_ENABLED=False):
        assert not flag_enabled(FLAG, "tenant_123")


@pytest.mark.django_db
@pytest.mark.parametrize("tenant_id", ["tenant_123", None])
def test_setting_twice_is_setting_once_and_each_change_is_audited(tenant_id: str | None) -> None:
    for is_enabled in (False, False, True):
        flag_set(flag=FLAG, tenant_id=tenant_id, is_enabled=is_enabled, actor="ann", reason="incident")
    assert FeatureOverride.objects.count() == 1
    changes = list(AuditEntry.objects.order_by("id").values_list("before", "after"))
    assert changes == [(None, {"is_enabled": False}), ({"is_enabled": False}, {"is_enabled": True})]
