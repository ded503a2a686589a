"""RepairAttempt: one try at one class of failures."""

from django.db import models

from repairs.engine.types import FailureClass, VerdictKind


class RepairAttempt(models.Model):
    class State(models.TextChoices):
        PROPOSING = "proposing"
        VERIFYING = "verifying"
        DONE = "done"

    run = models.ForeignKey("repairs.RepairRun", on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSING)
    phase = models.CharField(max_length=10)
    strategy = models.CharField(max_length=400, help_text="strategies tried in this order, joined by +")
    queue = models.CharField(max_length=8)
    failure_class = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in FailureClass])
    considered = models.JSONField(default=list, help_text="what the planner weighed, and why")
    base_round = models.ForeignKey("repairs.CheckRound", on_delete=models.PROTECT, related_name="+")
    targets_count = models.PositiveIntegerField(default=0)
    targets_signature = models.CharField(max_length=16, blank=True)
    dropped_groups = models.JSONField(default=list, help_text="[rule, path] pairs rolled back because they broke something")
    edits_digest = models.CharField(max_length=64, blank=True)
    is_minimised = models.BooleanField(default=False, help_text="every hunk left was proven necessary")
    summary = models.TextField(blank=True)
    verdict = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in VerdictKind], blank=True)
    f2p = models.BooleanField(null=True)
    p2p = models.BooleanField(null=True)
    integrity = models.BooleanField(null=True)
    necessity = models.BooleanField(null=True)
    reasons = models.JSONField(default=list)
    resolved_count = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="attempt_number_once")]
        indexes = [models.Index(fields=["-started_at"], name="attempt_newest")]  # GET /repair-attempts

    def __str__(self) -> str:
        return f"{self.run_id} attempt {self.number}"

    @property
    def duration_seconds(self) -> float | None:
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()
