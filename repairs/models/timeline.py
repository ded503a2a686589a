"""TimelineEvent: what happened to a run, in order."""

from django.db import models


class TimelineEvent(models.Model):
    run = models.ForeignKey("repairs.RepairRun", on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=200, help_text="a worker, a token or a person")
    phase = models.CharField(max_length=10, blank=True)
    attempt_number = models.PositiveIntegerField(null=True)
    summary = models.TextField()
    detail = models.JSONField(default=dict)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    duration_seconds = models.FloatField(null=True)

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="event_seq_once")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
