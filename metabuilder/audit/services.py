"""Write down what a person or a token changed."""

from typing import Any

import structlog

from metabuilder.audit.models import AuditEntry
from metabuilder.kernel.clock import now
from metabuilder.kernel.redact import redact


def audit_record(
    *, actor: str, action: str, target: str, tenant_id: str = "", reason: str = "", before: Any = None, after: Any = None
) -> AuditEntry:
    """Append an entry in the caller's transaction; the request's id comes from the log context."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return AuditEntry.objects.create(
        at=now(), actor=actor, action=action, target=target, tenant_id=tenant_id, reason=redact(reason), before=before, after=after,
        request_id=request_id,
    )
