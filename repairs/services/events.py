"""Write down what happens to a run."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F

from metabuilder.kernel.redact import redact
from repairs.models import RepairAttempt, RepairRun, TimelineEvent

log = structlog.get_logger(__name__)


@transaction.atomic
def timeline_add(
    *,
    run: RepairRun,
    kind: str,
    summary: str,
    at: datetime,
    actor: str = "platform",
    attempt: RepairAttempt | None = None,
    cost_usd: Decimal = Decimal(0),
    duration_seconds: float | None = None,
    **detail: Any,
) -> TimelineEvent:
    """Append one event; `seq` has no gap, also with several workers at once. Secrets in `summary` are redacted."""
    # The update locks the run's row, so the number read after it is ours alone.
    RepairRun.objects.filter(pk=run.pk).update(events_count=F("events_count") + 1)
    seq = RepairRun.objects.values_list("events_count", flat=True).get(pk=run.pk)
    log.info(kind, run_id=run.pk, seq=seq, attempt=attempt.number if attempt else None)
    return TimelineEvent.objects.create(
        run=run,
        seq=seq,
        at=at,
        kind=kind,
        actor=actor,
        phase=attempt.phase if attempt else "",
        attempt_number=attempt.number if attempt else None,
        summary=redact(summary),
        detail=detail,
        cost_usd=cost_usd,
        duration_seconds=duration_seconds,
    )
