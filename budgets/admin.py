"""Budgets and their ledger in the admin: for looking."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from budgets.models import Budget, LedgerEntry


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Budget)
class BudgetAdmin(ReadOnlyAdmin):
    list_display = ("run_id", "tenant_id", "usd_spent", "usd_limit", "seconds_spent", "seconds_limit", "attempts_spent", "attempts_limit")
    search_fields = ("run_id", "tenant_id")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "entry_key", "usd", "seconds", "attempts")
    list_filter = ("kind",)
    search_fields = ("entry_key", "tenant_id")
