"""Take the planner's next step: write an attempt and enqueue it, or end the run."""

from dataclasses import asdict

from django.db import transaction

from budgets.selectors import budget_remaining
from budgets.services import budget_reserve
from fleet.selectors import open_breakers
from fleet.services.breakers import breaker_allows
from fleet.services.jobs import job_enqueue
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import BudgetExhausted
from metabuilder.kernel.states import state_change
from repairs.engine.plan import Room, next_step
from repairs.engine.strategies.registry import STRATEGIES
from repairs.engine.types import Attempt, Attempted, FailureClass, Finish, TreeReport, VerdictKind, findings_signature
from repairs.models import RepairAttempt, RepairRun
from repairs.services.events import timeline_add
from repairs.services.finishing import run_finish

# Never promise a checking round less than this: a reservation is an upper guess, and what is not used comes back.
MIN_ATTEMPT_SECONDS = 5.0
ROUNDS_PER_ATTEMPT = 3


@transaction.atomic
def step_take(run: RepairRun) -> None:
    """Decide and act, once; a run that has ended is left alone."""
    if run.is_terminal:
        return
    assert run.base_round is not None
    report = run.base_round.tree_report()
    step = next_step(report, history(run), _room(run, report), STRATEGIES)
    if isinstance(step, Attempt) and not breaker_allows(run.tenant_id, step.failure_class):
        # The breaker opened between the look and the step; the planner sees it now.
        step = next_step(report, history(run), _room(run, report, closed={step.failure_class}), STRATEGIES)
    if isinstance(step, Attempt):
        _attempt(run, step, report)
    elif isinstance(step, Finish):
        _finish(run, step)


def history(run: RepairRun) -> list[Attempted]:
    """The run's attempts as the planner sees them, oldest first."""
    return [
        Attempted(
            strategy=row.strategy,
            failure_class=FailureClass(row.failure_class),
            targets=frozenset(),
            verdict=VerdictKind(row.verdict) if row.verdict else None,
            patch_digest=row.edits_digest or None,
            check_signature=row.targets_signature,
        )
        for row in run.attempts.order_by("number")
    ]


def _room(run: RepairRun, report: TreeReport, closed: set[FailureClass] | None = None) -> Room:
    left = budget_remaining(run.pk)
    is_open = open_breakers(run.tenant_id)
    classes = {finding.failure_class for finding in report.findings if finding.failure_class in is_open}
    return Room(
        attempts_left=left.attempts,
        seconds_left=float(left.seconds),
        closed_classes=frozenset(classes | (closed or set())),
        engine=run.engine,
    )


def _finish(run: RepairRun, step: Finish) -> None:
    outcome = RepairRun.Outcome(step.outcome)
    state = RepairRun.State.SUCCEEDED if outcome in RepairRun.SUCCESSES else RepairRun.State.FAILED
    considered = [asdict(line) for line in step.considered]
    timeline_add(run=run, kind="planned", summary=f"Stop: {step.reason}", at=now(), considered=considered)
    run_finish(run=run, state=state, outcome=outcome, reason=step.reason)


def _attempt(run: RepairRun, step: Attempt, report: TreeReport) -> None:
    assert run.base_round is not None
    at = now()
    number = run.attempts.count() + 1
    try:
        budget_reserve(
            run_id=run.pk, usd=0, seconds=_reserved_seconds(run, report), attempts=1, entry_key=entry_key(run, number), phase=step.phase
        )
    except BudgetExhausted as denial:
        _finish(run, Finish(outcome="exhausted", reason=denial.detail))
        return
    attempt = RepairAttempt.objects.create(
        run=run,
        number=number,
        phase=step.phase,
        strategy=step.strategy,
        queue=step.queue,
        failure_class=step.failure_class,
        considered=[asdict(line) for line in step.considered],
        base_round=run.base_round,
        targets_count=len(step.targets),
        targets_signature=findings_signature(step.targets),
        started_at=at,
    )
    state_change(run, to=RepairRun.State.ATTEMPTING, allowed_from=RepairRun.ACTIVE)
    summary = f"Try {step.strategy} on {len(step.targets)} {step.failure_class} findings."
    timeline_add(run=run, kind="attempt_planned", summary=summary, at=at, attempt=attempt, queue=step.queue, considered=attempt.considered)
    job_enqueue(
        task="repairs.attempt_run",
        queue=step.queue,
        payload={"attempt_id": attempt.pk},
        tenant_id=run.tenant_id,
        run_id=run.pk,
        priority=run.priority,
    )


def entry_key(run: RepairRun, number: int) -> str:
    return f"{run.pk}:attempt:{number}"


def _reserved_seconds(run: RepairRun, report: TreeReport) -> float:
    """What a few rounds of these checks would take, but never more than what is left."""
    round_seconds = sum(row.duration_seconds for row in report.reports)
    wanted = max(MIN_ATTEMPT_SECONDS, ROUNDS_PER_ATTEMPT * round_seconds)
    return min(wanted, float(budget_remaining(run.pk).seconds))
