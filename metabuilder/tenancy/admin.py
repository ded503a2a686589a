"""Tenants and their switches in the admin: for looking."""

from django.contrib import admin

from metabuilder.kernel.readonly_admin import ReadOnlyAdmin
from metabuilder.tenancy.models import FeatureOverride, Tenant


@admin.register(Tenant)
class TenantAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "created_at")
    search_fields = ("id", "name")
    ordering = ("id",)


@admin.register(FeatureOverride)
class FeatureOverrideAdmin(ReadOnlyAdmin):
    list_display = ("flag", "tenant", "is_enabled", "set_by", "created_at", "reason")
    list_filter = ("flag", "is_enabled")
    list_select_related = ("tenant",)
