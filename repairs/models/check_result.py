"""CheckRound and CheckResult: every check of one tree, run in parallel, joined when the last one is in."""

from django.db import models

from repairs.engine.types import CheckReport, CheckStatus, FailureClass, TreeReport


class CheckRound(models.Model):
    """All checks over one tree: the source with some edits. `pending` counts the results still to come; who brings it to 0 goes on."""

    run = models.ForeignKey("repairs.RepairRun", on_delete=models.CASCADE, related_name="rounds")
    attempt = models.ForeignKey("repairs.RepairAttempt", null=True, on_delete=models.CASCADE, related_name="rounds")
    edits_digest = models.CharField(max_length=64, blank=True)
    environment = models.JSONField(default=dict)
    pending = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.run_id} round {self.pk}"

    def tree_report(self) -> TreeReport:
        """The reports in the order of the project's checks."""
        return TreeReport(tuple(result.check_report() for result in self.results.order_by("position")))


class CheckResult(models.Model):
    round = models.ForeignKey(CheckRound, on_delete=models.CASCADE, related_name="results")
    position = models.PositiveIntegerField()
    check_name = models.CharField(max_length=100)
    failure_class = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in FailureClass])
    status = models.CharField(max_length=8, choices=[(status.value, status.value) for status in CheckStatus])
    findings_count = models.PositiveIntegerField()
    duration_seconds = models.FloatField()
    report = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "check_name"], name="result_once")]

    def __str__(self) -> str:
        return f"{self.check_name}: {self.status}"

    def check_report(self) -> CheckReport:
        return CheckReport.from_json(self.report)
