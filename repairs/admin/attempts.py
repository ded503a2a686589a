"""Attempts over all runs."""

from django.contrib import admin

from repairs.admin.readonly import ReadOnlyAdmin
from repairs.models import RepairAttempt


@admin.register(RepairAttempt)
class RepairAttemptAdmin(ReadOnlyAdmin):
    list_display = (
        "run",
        "number",
        "failure_class",
        "strategy",
        "verdict",
        "f2p",
        "p2p",
        "integrity",
        "necessity",
        "resolved_count",
        "targets_count",
        "started_at",
    )
    list_filter = ("verdict", "failure_class", "phase", "queue")
    search_fields = ("run__id", "strategy")
    list_select_related = ("run",)
