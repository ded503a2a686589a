"""Tenants come into being with their first run or token."""

import re

from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import InvalidInput
from metabuilder.tenancy.models import Tenant

TENANT_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")


def tenant_ensure(tenant_id: str) -> Tenant:
    """The tenant with that id, made when it is new. Raises InvalidInput for an id that is none."""
    if not TENANT_PATTERN.match(tenant_id):
        raise InvalidInput(f"{tenant_id!r} is no tenant id.", hint="Letters, digits, `_`, `.` and `-`, at most 63, starting with a letter or digit.")
    tenant, _ = Tenant.objects.get_or_create(pk=tenant_id, defaults={"created_at": now()})
    return tenant
