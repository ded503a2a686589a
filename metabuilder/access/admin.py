"""Tokens in the admin: for looking; they are made where their text can be shown once."""

from django.contrib import admin

from metabuilder.access.models import ApiToken
from metabuilder.kernel.readonly_admin import ReadOnlyAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ("name", "prefix", "role", "tenant", "created_by", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("role",)
    list_select_related = ("tenant",)
    search_fields = ("name", "prefix")
    exclude = ("digest",)
