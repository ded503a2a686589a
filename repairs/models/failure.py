"""RunFailure: one fingerprint seen in one run; GET /failures groups these rows."""

from django.db import models

from repairs.engine.types import FailureClass


class RunFailure(models.Model):
    run = models.ForeignKey("repairs.RepairRun", on_delete=models.CASCADE, related_name="failures")
    fingerprint = models.CharField(max_length=16)
    failure_class = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in FailureClass])
    tool = models.CharField(max_length=40)
    rule = models.CharField(max_length=120)
    message = models.TextField(help_text="one sighting, redacted")
    path = models.CharField(max_length=1000, blank=True)
    count_before = models.PositiveIntegerField()
    count_after = models.PositiveIntegerField(null=True, help_text="empty while the run is not over")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "fingerprint"], name="failure_once_a_run")]
        indexes = [models.Index(fields=["failure_class", "-seen_at"], name="failure_class_newest")]  # GET /failures?class=

    def __str__(self) -> str:
        return f"{self.tool} {self.rule}"
