"""Write down what a person or a token changed."""

from typing import Any

import structlog

from metabuilder.audit.models import AuditEntry
from metabuilder.kernel.clock import now
from metabuilder.kernel.redact import redact, redact_value

log = structlog.get_logger(__name__)


def audit_record(
    *,
    actor: str,
    action: str,
    target: str,
    tenant_id: str | None = None,
    reason: str = "",
    before: Any = None,
    after: Any = None,
    request_id: str | None = None,
) -> AuditEntry:
    """Append an entry in the caller's transaction, with secrets masked; `before` and `after` are JSON values.

    Without `request_id` it is that of the request in hand, from the log context.
    """
    if request_id is None:
        request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    entry = AuditEntry.objects.create(
        at=now(),
        actor=actor,
        action=action,
        target=target,
        tenant_id=tenant_id or "",
        reason=redact(reason),
        before=redact_value(before),
        after=redact_value(after),
        request_id=request_id,
    )
    log.info("audit_recorded", actor=actor, action=action, target=target, tenant_id=entry.tenant_id)
    return entry
