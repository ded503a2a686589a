"""Circuit breakers: moved only by compare-and-set."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from fleet.breaker_rules import cooldown, opens
from fleet.models import Breaker
from metabuilder.kernel.clock import now

log = structlog.get_logger(__name__)

PROBE_LEASE = timedelta(minutes=30)
State = Breaker.State


def breaker_allows(tenant_id: str, failure_class: str) -> bool:
    """May this class be tried now? After the cooldown the first to ask takes the one probe; a lost probe's lease runs out."""
    row = Breaker.objects.filter(tenant_id=tenant_id, failure_class=failure_class).first()
    if row is None or row.state == State.CLOSED:
        return True
    due = Q(state=State.OPEN, cooldown_until__lte=Now()) | Q(state=State.HALF_OPEN, probe_until__lte=Now())
    return bool(Breaker.objects.filter(due, pk=row.pk).update(state=State.HALF_OPEN, probe_until=now() + PROBE_LEASE))


def breaker_record_success(tenant_id: str, failure_class: str) -> None:
    """A repair was accepted: closed, and failures count from zero. A forced breaker stays."""
    rows = Breaker.objects.filter(tenant_id=tenant_id, failure_class=failure_class).exclude(state=State.FORCED_OPEN)
    rows.update(state=State.CLOSED, failures_in_row=0, trips_in_row=0, opened_at=None, cooldown_until=None, probe_until=None)


@transaction.atomic
def breaker_record_failure(tenant_id: str, failure_class: str) -> None:
    """An attempt was rejected: at the threshold, or when it was the probe, the breaker opens."""
    Breaker.objects.get_or_create(tenant_id=tenant_id, failure_class=failure_class)
    rows = Breaker.objects.filter(tenant_id=tenant_id, failure_class=failure_class, state__in=[State.CLOSED, State.HALF_OPEN])
    # The update locks the row: of two failures at once each sees its own count.
    if not rows.update(failures_in_row=F("failures_in_row") + 1):
        return
    row = Breaker.objects.get(tenant_id=tenant_id, failure_class=failure_class)
    if row.state == State.HALF_OPEN or opens(row.failures_in_row, threshold=settings.META_V4_CIRCUIT_BREAKER_THRESHOLD):
        _open(row)


def _open(row: Breaker) -> None:
    at, trips = now(), row.trips_in_row + 1
    first = timedelta(minutes=settings.META_V4_CIRCUIT_BREAKER_COOLDOWN_MINUTES)
    until = at + cooldown(trips, first=first)
    Breaker.objects.filter(pk=row.pk).update(state=State.OPEN, trips_in_row=trips, opened_at=at, cooldown_until=until, probe_until=None)
    log.warning("breaker_opened", tenant_id=row.tenant_id, failure_class=row.failure_class, cooldown_until=until.isoformat())
