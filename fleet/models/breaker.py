"""Breaker: the circuit breaker of one tenant and one failure class."""

from django.db import models


class Breaker(models.Model):
    """
    | state       | who moves it on                                        |
    |-------------|--------------------------------------------------------|
    | closed      | the threshold of failures in a row opens it            |
    | open        | the first caller after the cooldown takes the probe     |
    | half_open   | the probe's result; its lease runs out when it is lost  |
    | forced_open | a person                                               |
    """

    class State(models.TextChoices):
        CLOSED = "closed"
        HALF_OPEN = "half_open"
        OPEN = "open"
        FORCED_OPEN = "forced_open"

    tenant_id = models.CharField(max_length=64)
    failure_class = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=State.choices, default=State.CLOSED)
    failures_in_row = models.PositiveIntegerField(default=0)
    trips_in_row = models.PositiveIntegerField(default=0, help_text="openings without a success between; doubles the cooldown")
    opened_at = models.DateTimeField(null=True)
    cooldown_until = models.DateTimeField(null=True)
    probe_until = models.DateTimeField(null=True, help_text="lease of the one probe while half-open")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "failure_class"], name="breaker_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.failure_class}: {self.state}"
