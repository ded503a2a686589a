"""Feature flags: platform off wins, then the tenant's override, then the platform's default."""

from enum import StrEnum

from django.conf import settings

from metabuilder.tenancy.models import FeatureOverride


class Flag(StrEnum):
    META_V4_ENABLED = "meta_v4_enabled"


_PLATFORM = {Flag.META_V4_ENABLED: "FEATURE_META_V4_ENABLED"}


def flag_enabled(flag: Flag, tenant_id: str) -> bool:
    if not getattr(settings, _PLATFORM[flag]):
        return False
    override = FeatureOverride.objects.filter(tenant_id=tenant_id, flag=flag).values_list("is_enabled", flat=True).first()
    return True if override is None else override
