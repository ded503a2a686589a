"""Worker: one Celery worker process group, as its heartbeat tells of it."""

from django.db import models


class Worker(models.Model):
    name = models.CharField(primary_key=True, max_length=200)
    host = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    queues = models.JSONField(default=list)
    concurrency = models.PositiveIntegerField(default=0)
    version = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(db_index=True)
    stopped_at = models.DateTimeField(null=True, help_text="set by a warm shutdown; a crash leaves it empty and the heartbeat old")

    def __str__(self) -> str:
        return self.name
