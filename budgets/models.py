"""Budget and LedgerEntry: what a run may spend in three currencies, and every move of it."""

from django.db import models
from django.db.models import F, Q


class TenantLimits(models.Model):
    """A tenant's own defaults; an empty one means the platform's."""

    tenant = models.OneToOneField("tenancy.Tenant", primary_key=True, on_delete=models.CASCADE, related_name="limits")
    cost_budget_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    time_budget_seconds = models.PositiveIntegerField(null=True, blank=True)
    attempt_budget = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "tenant limits"

    def __str__(self) -> str:
        return f"limits of {self.tenant_id}"


class Budget(models.Model):
    """One run's budget: the sums of its ledger, kept at hand.

    Reserved plus spent never passes the limit in dollars and attempts. Seconds already used cannot be unused: an overrun is booked as
    it was, and the next reservation is refused.
    """

    run_id = models.CharField(primary_key=True, max_length=64)
    tenant_id = models.CharField(max_length=64, db_index=True)
    usd_limit = models.DecimalField(max_digits=12, decimal_places=6)
    usd_reserved = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    usd_spent = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    seconds_limit = models.DecimalField(max_digits=12, decimal_places=3)
    seconds_reserved = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    seconds_spent = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    attempts_limit = models.PositiveIntegerField()
    attempts_reserved = models.PositiveIntegerField(default=0)
    attempts_spent = models.PositiveIntegerField(default=0)
    is_closed = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(usd_limit__gte=F("usd_reserved") + F("usd_spent")), name="budget_usd_within"),
            models.CheckConstraint(
                condition=Q(attempts_limit__gte=F("attempts_reserved") + F("attempts_spent")), name="budget_attempts_within"
            ),
            models.CheckConstraint(condition=Q(usd_reserved__gte=0, seconds_reserved__gte=0), name="budget_reserved_positive"),
            models.CheckConstraint(condition=Q(usd_spent__gte=0, seconds_spent__gte=0), name="budget_spent_positive"),
        ]

    def __str__(self) -> str:
        return f"budget of {self.run_id}"


class LedgerEntry(models.Model):
    """One move; append-only, guarded by the database. Each key is opened once, reserved once and ended once.

    | kind     | what its amounts do                                                                             |
    |----------|-------------------------------------------------------------------------------------------------|
    | open     | become the limits                                                                               |
    | override | are added to the limits (a lowered limit is negative)                                           |
    | reserve  | are set aside until the same key is settled or released                                         |
    | settle   | are spent; the whole reservation is free again                                                  |
    | release  | nothing (zero); the whole reservation is free again                                             |
    | charge   | are spent without a reservation: it had been released before the use became known               |
    """

    class Kind(models.TextChoices):
        OPEN = "open"
        OVERRIDE = "override"
        RESERVE = "reserve"
        SETTLE = "settle"
        RELEASE = "release"
        CHARGE = "charge"

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="entries")
    tenant_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    entry_key = models.CharField(max_length=120)
    phase = models.CharField(max_length=10, blank=True)
    model = models.CharField(max_length=100, blank=True, help_text="which language model was paid for; empty: none")
    usd = models.DecimalField(max_digits=12, decimal_places=6)
    seconds = models.DecimalField(max_digits=12, decimal_places=3)
    attempts = models.IntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry_key"], condition=Q(kind="reserve"), name="ledger_reserved_once"),
            models.UniqueConstraint(fields=["entry_key"], condition=Q(kind__in=["settle", "release"]), name="ledger_ended_once"),
            models.UniqueConstraint(fields=["entry_key"], condition=Q(kind__in=["open", "override", "charge"]), name="ledger_moved_once"),
        ]
        indexes = [models.Index(fields=["tenant_id", "-created_at"], name="ledger_tenant_newest")]  # one tenant's spending
        verbose_name_plural = "ledger entries"

    def __str__(self) -> str:
        return f"{self.kind} {self.entry_key}"
