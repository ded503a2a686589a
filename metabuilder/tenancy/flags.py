"""Feature flags: platform off wins, then the tenant's override, then the platform's default."""

from enum import StrEnum

from django.conf import settings
from django.db.models import Q

from metabuilder.tenancy.models import FeatureOverride


class Flag(StrEnum):
    """A flag's value is its name in requests and in the database."""

    META_V4_ENABLED = "meta_v4_enabled"


_PLATFORM = {Flag.META_V4_ENABLED: "FEATURE_META_V4_ENABLED"}


def flag_enabled(flag: Flag, tenant_id: str) -> bool:
    """Whether a flag is on for a tenant now; read afresh, so that a switch works at once in every process."""
    rows = FeatureOverride.objects.filter(Q(tenant=tenant_id) | Q(tenant=None), flag=flag).values_list("tenant_id", "is_enabled")
    found: dict[str | None, bool] = dict(rows)
    return decide(started_with=bool(getattr(settings, _PLATFORM[flag])), platform=found.get(None), tenant=found.get(tenant_id))


def decide(*, started_with: bool, platform: bool | None, tenant: bool | None) -> bool:
    """The rule itself; None is "not set". What the environment switched off at the start nobody switches on at run time."""
    if not started_with or platform is False:
        return False
    return True if tenant is None else tenant
