"""Tenant: who a run belongs to and who pays for it."""

from django.db import models


class Tenant(models.Model):
    id = models.CharField(primary_key=True, max_length=64, help_text="chosen by the caller: tenant_123")
    name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class FeatureOverride(models.Model):
    """What one tenant has instead of the platform's default."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="overrides")
    flag = models.CharField(max_length=60)
    is_enabled = models.BooleanField()
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "flag"], name="override_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.flag}={self.is_enabled}"
