"""Patch: what a run gives back; one diff against the source, with its proof."""

from django.db import models


class Patch(models.Model):
    run = models.OneToOneField("repairs.RepairRun", on_delete=models.CASCADE, related_name="patch")
    diff = models.TextField(help_text="unified diff that `git apply` takes")
    edits_digest = models.CharField(max_length=64)
    files_changed = models.PositiveIntegerField()
    lines_added = models.PositiveIntegerField()
    lines_removed = models.PositiveIntegerField()
    f2p = models.BooleanField(help_text="everything that failed now passes")
    p2p = models.BooleanField(help_text="everything that passed still passes")
    integrity = models.BooleanField(help_text="nothing was bought")
    necessity = models.BooleanField(help_text="every hunk is needed")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "patches"

    def __str__(self) -> str:
        return f"patch of {self.run_id}"

    @property
    def is_proven(self) -> bool:
        return self.f2p and self.p2p and self.integrity and self.necessity
