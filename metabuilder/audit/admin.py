"""The audit log in the admin: for looking."""

from django.contrib import admin

from metabuilder.audit.models import AuditEntry
from metabuilder.kernel.readonly_admin import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "target", "tenant_id", "reason")
    list_filter = ("action",)
    search_fields = ("actor", "target", "tenant_id", "request_id")
    date_hierarchy = "at"
