"""Tokens in the admin: for looking; they are made where their text can be shown once."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from metabuilder.access.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("name", "prefix", "role", "tenant", "created_by", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("role",)
    exclude = ("digest",)

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
