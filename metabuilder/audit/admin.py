"""The audit log in the admin: for looking."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from metabuilder.audit.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("at", "actor", "action", "target", "tenant_id", "reason")
    list_filter = ("action",)
    search_fields = ("actor", "target", "tenant_id", "request_id")

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
