"""An admin that shows and changes nothing: rows are written by services alone."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(_ReadOnly, ModelAdmin):  # type: ignore[misc]
    pass


class ReadOnlyInline(_ReadOnly, TabularInline):  # type: ignore[misc]
    extra = 0
    can_delete = False
    show_change_link = True
