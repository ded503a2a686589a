"""Tenant: who a run belongs to and who pays for it; and the switches set at run time."""

from django.db import models
from django.db.models import Q


class Tenant(models.Model):
    id = models.CharField(primary_key=True, max_length=64, help_text="chosen by the caller: tenant_123")
    name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class FeatureOverride(models.Model):
    """What one tenant has instead of the platform's default; without a tenant it is the platform's own switch."""

    tenant = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="overrides")
    flag = models.CharField(max_length=60, help_text="a value of tenancy.flags.Flag")
    is_enabled = models.BooleanField()
    reason = models.TextField(blank=True)
    set_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "flag"], name="override_once"),
            models.UniqueConstraint(fields=["flag"], condition=Q(tenant__isnull=True), name="override_once_for_platform"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id or 'platform'} {self.flag}={self.is_enabled}"
