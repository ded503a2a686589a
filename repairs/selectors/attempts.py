"""Attempts as their readers want them."""

from django.db.models import QuerySet

from repairs.models import RepairAttempt


def attempts_visible(
    own_tenant_id: str | None,
    *,
    failure_class: str | None = None,
    verdict: str | None = None,
    run_id: str | None = None,
    tenant_id: str | None = None,
) -> QuerySet[RepairAttempt]:
    """The attempts a principal may see; `own_tenant_id` None is the platform's own."""
    rows = RepairAttempt.objects.select_related("run").order_by("-started_at", "-id")
    wanted = {"failure_class": failure_class, "verdict": verdict, "run_id": run_id, "run__tenant_id": tenant_id}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    return rows if own_tenant_id is None else rows.filter(run__tenant_id=own_tenant_id)
