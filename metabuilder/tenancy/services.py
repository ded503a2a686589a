"""Tenants come into being with their first run or token; flags are set for one tenant or for the platform."""

import re

import structlog
from django.db import transaction

from metabuilder.audit.services import audit_record
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import InvalidInput
from metabuilder.tenancy.flags import Flag
from metabuilder.tenancy.models import FeatureOverride, Tenant

TENANT_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")
log = structlog.get_logger(__name__)


def tenant_ensure(tenant_id: str) -> Tenant:
    """The tenant with that id, made when it is new. Raises InvalidInput for an id that is none."""
    if not TENANT_PATTERN.fullmatch(tenant_id):
        hint = "Letters, digits, `_`, `.` and `-`, at most 63, starting with a letter or digit."
        raise InvalidInput(f"{tenant_id[:80]!r} is no tenant id.", hint=hint)
    tenant, is_new = Tenant.objects.get_or_create(pk=tenant_id, defaults={"created_at": now()})
    if is_new:
        log.info("tenant_created", tenant_id=tenant_id)
    return tenant


@transaction.atomic
def flag_set(*, flag: Flag, tenant_id: str | None, is_enabled: bool, actor: str, reason: str = "") -> FeatureOverride:
    """Set a flag for a tenant, or with None for the platform. Setting what is set changes nothing and is not audited again."""
    tenant = None if tenant_id is None else tenant_ensure(tenant_id)
    held = FeatureOverride.objects.select_for_update().filter(tenant=tenant, flag=flag).first()
    if held is not None and held.is_enabled == is_enabled:
        return held
    override, _ = FeatureOverride.objects.update_or_create(
        tenant=tenant, flag=flag, defaults={"is_enabled": is_enabled, "reason": reason, "set_by": actor, "created_at": now()}
    )
    before = {"is_enabled": held.is_enabled} if held else None
    audit_record(
        actor=actor,
        action="flag_set",
        target=f"flag {flag}",
        tenant_id=tenant_id,
        reason=reason,
        before=before,
        after={"is_enabled": is_enabled},
    )
    return override
