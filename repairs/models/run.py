"""RepairRun: a request to make one source tree green."""

from django.db import models

from metabuilder.kernel.ids import new_id
from repairs.engine.types import Project


def new_run_id() -> str:
    return new_id("run")


class RepairRun(models.Model):
    """One request, from submission to a proven patch or an honest refusal.

    | state             | who moves it on                     | what a crash leaves                             |
    |-------------------|-------------------------------------|-------------------------------------------------|
    | queued, preparing | the job repairs.prepare_run         | the job's lease runs out; another worker resumes |
    | checking          | the last repairs.run_check          | likewise                                        |
    | attempting        | the job repairs.attempt_run         | likewise                                        |
    | verifying         | repairs.run_check, verify_attempt   | likewise                                        |
    | awaiting_approval | a person (POST …/approve-rollback)  | nothing: it waits                               |
    | terminal          | nobody                              | nothing                                         |
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        PREPARING = "preparing"
        CHECKING = "checking"
        ATTEMPTING = "attempting"
        VERIFYING = "verifying"
        AWAITING_APPROVAL = "awaiting_approval"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        REFUSED = "refused"
        CANCELLED = "cancelled"

    class Outcome(models.TextChoices):
        CLEAN = "clean"  # nothing failed
        REPAIRED = "repaired"  # everything that failed passes, proven
        FLAKY = "flaky"  # a retry turned green; nothing was repaired
        UNREPAIRED = "unrepaired"  # nothing left to try; what could be proven is kept
        EXHAUSTED = "exhausted"  # a budget ran out
        BLOCKED = "blocked"  # a breaker or the platform stood in the way

    class Engine(models.TextChoices):
        V4 = "v4"
        CONTROL = "control"

    TERMINAL = frozenset({State.SUCCEEDED, State.FAILED, State.REFUSED, State.CANCELLED})
    ACTIVE = frozenset(State) - TERMINAL
    SUCCESSES = frozenset({Outcome.CLEAN, Outcome.REPAIRED, Outcome.FLAKY})

    id = models.CharField(primary_key=True, max_length=64, default=new_run_id)
    tenant = models.ForeignKey("tenancy.Tenant", on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    engine = models.CharField(max_length=8, choices=Engine.choices, default=Engine.V4)
    sla = models.CharField(max_length=10, default="normal")
    priority = models.CharField(max_length=8, default="normal")
    requested_by = models.CharField(max_length=200, blank=True)
    source = models.JSONField(help_text="kind (archive, git, path) and where it came from; no credentials")
    config_text = models.TextField(blank=True, help_text="TOML given with the request; stands above the tree's own")
    only_checks = models.JSONField(default=list)
    source_digest = models.CharField(max_length=64, blank=True, help_text="content address of the snapshot")
    edits_digest = models.CharField(max_length=64, blank=True, help_text="accepted edits so far; empty: none")
    project = models.JSONField(null=True, help_text="checks, environment, paths and limits as detected and configured")
    base_round = models.ForeignKey("repairs.CheckRound", null=True, on_delete=models.SET_NULL, related_name="+")
    first_round = models.ForeignKey("repairs.CheckRound", null=True, on_delete=models.SET_NULL, related_name="+")
    is_flaky = models.BooleanField(default=False, help_text="a retry turned something green")
    events_count = models.PositiveIntegerField(default=0, help_text="the last seq of its timeline")
    reason = models.TextField(blank=True, help_text="why it ended as it did, in one sentence")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="run_tenant_newest"),  # GET /runs
            models.Index(fields=["state", "created_at"], name="run_state_oldest"),  # what is waiting
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def is_terminal(self) -> bool:
        return self.state in self.TERMINAL

    @property
    def checked_project(self) -> Project:
        """How the tree is checked. Raises ValueError before the run was prepared."""
        if self.project is None:
            raise ValueError(f"{self.pk} is not prepared yet")
        return Project.from_json(self.project)

    @property
    def duration_seconds(self) -> float | None:
        if self.finished_at is None:
            return None
        return (self.finished_at - self.created_at).total_seconds()
