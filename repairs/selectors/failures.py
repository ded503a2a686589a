"""Failures over runs, grouped by fingerprint."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from repairs.models import RunFailure


def failures_visible(tenant_id: str | None, *, failure_class: str | None = None, since: datetime | None = None) -> QuerySet[RunFailure]:
    rows = RunFailure.objects.order_by("-seen_at", "-id")
    if tenant_id is not None:
        rows = rows.filter(run__tenant_id=tenant_id)
    if failure_class:
        rows = rows.filter(failure_class=failure_class)
    return rows.filter(seen_at__gte=since) if since else rows


def failure_groups(rows: QuerySet[RunFailure], *, limit: int) -> list[dict[str, Any]]:
    """The most frequent fingerprints: runs that saw it, how often it was mended, one sighting of it."""
    groups = (
        rows.order_by()
        .values("fingerprint", "failure_class", "tool", "rule")
        .annotate(
            count=Sum("count_before"),
            runs=Count("run", distinct=True),
            tenants=Count("run__tenant", distinct=True),
            first_seen_at=Min("seen_at"),
            last_seen_at=Max("seen_at"),
            judged=Count("id", filter=Q(count_after__isnull=False)),
            fixed=Count("id", filter=Q(count_after=0)),
            message=Min("message"),
            example_run_id=Max("run_id"),
        )
        .order_by("-count", "fingerprint")[:limit]
    )
    return [_group(dict(row)) for row in groups]


def _group(row: dict[str, Any]) -> dict[str, Any]:
    judged, fixed = row.pop("judged"), row.pop("fixed")
    return row | {"fix_rate": fixed / judged if judged else None, "fix_rate_n": judged}
