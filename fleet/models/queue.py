"""Queue: what an operator has said about one queue; a queue without a row is open."""

from django.db import models


class Queue(models.Model):
    name = models.CharField(primary_key=True, max_length=20)
    is_draining = models.BooleanField(default=False, help_text="takes no new work")
    is_paused = models.BooleanField(default=False, help_text="starts none")
    reason = models.TextField(blank=True)
    changed_by = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
