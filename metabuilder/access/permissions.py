"""Roles: viewer < operator < admin."""

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from metabuilder.access.models import ApiToken

if TYPE_CHECKING:  # DRF's settings name these classes, and its views import its settings
    from rest_framework.views import APIView


class _HasRole(BasePermission):
    role: ClassVar[str]

    def has_permission(self, request: Request, view: "APIView") -> bool:
        self.message = f"This needs the role {self.role}."
        return isinstance(request.auth, ApiToken) and request.auth.has_role(self.role)


class IsViewer(_HasRole):
    role = ApiToken.Role.VIEWER


class IsOperator(_HasRole):
    role = ApiToken.Role.OPERATOR


class IsAdmin(_HasRole):
    role = ApiToken.Role.ADMIN
