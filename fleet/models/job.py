"""Job: the ledger of all work; Celery's messages are doorbells that carry a job's id and epoch."""

from django.db import models
from django.db.models import Q


class Job(models.Model):
    """One launch of a task.

    | state     | who moves it on                                | what a crash leaves                                |
    |-----------|------------------------------------------------|----------------------------------------------------|
    | scheduled | beat, when `available_at` has come             | nothing: it is a row                               |
    | available | a worker that claims it                        | a lost message; beat rings again                   |
    | executing | the worker that holds the lease                | a lease that runs out; beat rescues, epoch + 1     |
    | retryable | beat, when `available_at` has come             | nothing                                            |
    | terminal  | nobody                                         | nothing                                            |
    """

    class State(models.TextChoices):
        SCHEDULED = "scheduled"
        AVAILABLE = "available"
        EXECUTING = "executing"
        RETRYABLE = "retryable"
        COMPLETED = "completed"
        CANCELLED = "cancelled"
        DISCARDED = "discarded"  # quarantined: delivered or failed too often

    class Priority(models.IntegerChoices):
        HIGH = 0
        NORMAL = 3
        LOW = 6

    TERMINAL = frozenset({State.COMPLETED, State.CANCELLED, State.DISCARDED})
    ACTIVE = frozenset(State) - TERMINAL
    TIMED = frozenset({State.SCHEDULED, State.RETRYABLE})
    WAITING = frozenset({State.AVAILABLE}) | TIMED

    task = models.CharField(max_length=100)
    queue = models.CharField(max_length=20)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    payload = models.JSONField(default=dict, help_text="ids, never objects")
    tenant_id = models.CharField(max_length=64, blank=True)
    run_id = models.CharField(max_length=64, blank=True)
    unique_key = models.CharField(max_length=200, null=True, help_text="at most one active job may have it")
    state = models.CharField(max_length=12, choices=State.choices, default=State.AVAILABLE)
    epoch = models.PositiveIntegerField(default=0, help_text="fencing token; a result with an older one is superseded")
    deliveries = models.PositiveSmallIntegerField(default=0, help_text="times a worker took it")
    failures = models.PositiveSmallIntegerField(default=0, help_text="times it raised")
    superseded = models.PositiveSmallIntegerField(default=0, help_text="late results that were not settled")
    worker_name = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    available_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unique_key"],
                condition=Q(state__in=["scheduled", "available", "executing", "retryable"]),
                name="job_unique_while_active",
            ),
            models.CheckConstraint(
                condition=Q(state="executing", leased_until__isnull=False) | (~Q(state="executing") & Q(leased_until__isnull=True)),
                name="job_leased_while_executing",
            ),
        ]
        indexes = [
            # job_claim_next: what is ready on a queue, best first
            models.Index(fields=["queue", "priority", "id"], condition=Q(state="available"), name="job_ready"),
            # jobs_rescue: leases that ran out
            models.Index(fields=["leased_until"], condition=Q(state="executing"), name="job_leases"),
            # jobs_republish: what is due
            models.Index(fields=["available_at"], condition=Q(state__in=["scheduled", "retryable"]), name="job_due"),
            # jobs_cancel and the page of a run
            models.Index(fields=["run_id"], condition=~Q(run_id=""), name="job_run"),
            # jobs_sweep: what is old
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="job_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"
