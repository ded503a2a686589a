"""Which engine a run goes to."""

from django.conf import settings

from canary.rules import arm_of


def arm_assign(*, tenant_id: str, run_id: str) -> str:
    """`v4` or `control`, by the percentage of the moment; the same run always gets the same."""
    return arm_of(f"{tenant_id}/{run_id}", percent=settings.FEATURE_META_V4_CANARY_PERCENT)
