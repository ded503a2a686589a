"""ApiToken: who may call the API, as what, for whom."""

from django.db import models
from django.db.models import Q


class ApiToken(models.Model):
    class Role(models.TextChoices):
        VIEWER = "viewer"
        OPERATOR = "operator"
        ADMIN = "admin"

    RANKS = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}

    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=16, unique=True, help_text="shown, so that a token can be told from others")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the whole token, which has 256 random bits")
    role = models.CharField(max_length=10, choices=Role.choices)
    tenant = models.ForeignKey("tenancy.Tenant", null=True, blank=True, on_delete=models.CASCADE, related_name="tokens")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, help_text="to the minute")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(role__in=["viewer", "operator", "admin"]), name="token_role_known")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def has_role(self, role: str) -> bool:
        """Is this token at least a `role`?"""
        return self.RANKS[self.Role(self.role)] >= self.RANKS[self.Role(role)]
