"""Budgets and their ledger in the admin: for looking."""

from django.contrib import admin

from budgets.models import Budget, LedgerEntry, TenantLimits
from metabuilder.kernel.readonly_admin import ReadOnlyAdmin, ReadOnlyInline


class LedgerEntryInline(ReadOnlyInline):
    model = LedgerEntry
    fields = ("created_at", "kind", "entry_key", "phase", "model", "usd", "seconds", "attempts")
    readonly_fields = fields
    ordering = ("id",)


@admin.register(Budget)
class BudgetAdmin(ReadOnlyAdmin):
    list_display = (
        "run_id",
        "tenant_id",
        *(f"{name}_{sum_}" for name in ("usd", "seconds", "attempts") for sum_ in ("spent", "limit")),
        "is_closed",
    )
    search_fields = ("run_id", "tenant_id")
    ordering = ("-created_at",)
    inlines = (LedgerEntryInline,)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "entry_key", "phase", "usd", "seconds", "attempts")
    list_filter = ("kind",)
    search_fields = ("entry_key", "tenant_id")
    ordering = ("-id",)


@admin.register(TenantLimits)
class TenantLimitsAdmin(ReadOnlyAdmin):
    list_display = ("tenant", "cost_budget_usd", "time_budget_seconds", "attempt_budget")
    list_select_related = ("tenant",)
