"""The fleet in the admin: for looking."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from fleet.models import Breaker, Job, Queue, Worker


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("id", "task", "queue", "state", "run_id", "tenant_id", "deliveries", "worker_name", "created_at")
    list_filter = ("state", "queue", "task")
    search_fields = ("run_id", "tenant_id")
    show_full_result_count = False


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ("name", "queues", "concurrency", "heartbeat_at", "stopped_at", "version")


@admin.register(Queue)
class QueueAdmin(ReadOnlyAdmin):
    list_display = ("name", "is_draining", "is_paused", "reason", "changed_by", "changed_at")


@admin.register(Breaker)
class BreakerAdmin(ReadOnlyAdmin):
    list_display = ("tenant_id", "failure_class", "state", "failures_in_row", "cooldown_until")
    list_filter = ("state", "failure_class")
