"""Write an attempt's verdict and move the run on."""

from django.db import transaction

from budgets.services import budget_settle
from fleet.services.breakers import breaker_record_failure, breaker_record_success
from metabuilder.kernel.clock import now
from repairs.engine.types import Verdict, VerdictKind
from repairs.models import CheckRound, RepairAttempt, RepairRun
from repairs.services.events import timeline_add
from repairs.services.stepping import entry_key, step_take

MAX_REASONS = 50


@transaction.atomic
def attempt_settle(*, attempt: RepairAttempt, verdict: Verdict, base_round: CheckRound | None = None, flaky: bool = False) -> None:
    """Close an attempt once: verdict and proof, budget, breaker, timeline, then the planner's next step.

    `base_round` is the round of the tree that the next attempt starts from; None: the same as this one's.
    """
    at = now()
    run = attempt.run
    changed = (
        RepairAttempt.objects.filter(pk=attempt.pk)
        .exclude(state=RepairAttempt.State.DONE)
        .update(
            state=RepairAttempt.State.DONE,
            verdict=verdict.kind,
            f2p=verdict.proof.f2p,
            p2p=verdict.proof.p2p,
            integrity=verdict.proof.integrity,
            necessity=verdict.proof.necessity,
            reasons=list(verdict.proof.reasons[:MAX_REASONS]),
            resolved_count=len(verdict.resolved),
            edits_digest=attempt.edits_digest,
            summary=attempt.summary,
            finished_at=at,
        )
    )
    if not changed:
        return
    attempt.refresh_from_db()
    _run_moved(run, attempt, verdict, base_round, flaky)
    budget_settle(entry_key=entry_key(run, attempt.number), usd=attempt.cost_usd, seconds=attempt.duration_seconds or 0.0, attempts=1)
    _breaker_told(run, attempt, verdict, flaky)
    timeline_add(
        run=run,
        kind="attempt_finished",
        summary=_sentence(attempt, verdict),
        at=at,
        attempt=attempt,
        cost_usd=attempt.cost_usd,
        duration_seconds=attempt.duration_seconds,
        verdict=verdict.kind,
        reasons=list(verdict.proof.reasons[:MAX_REASONS]),
    )
    step_take(run)


def _run_moved(run: RepairRun, attempt: RepairAttempt, verdict: Verdict, base_round: CheckRound | None, flaky: bool) -> None:
    fields: dict[str, object] = {}
    if verdict.kind is VerdictKind.ACCEPTED:
        fields["edits_digest"] = attempt.edits_digest
    if base_round is not None:
        fields["base_round"] = base_round
    if flaky:
        fields["is_flaky"] = True
    if fields:
        RepairRun.objects.filter(pk=run.pk).update(**fields)
    run.refresh_from_db()


def _breaker_told(run: RepairRun, attempt: RepairAttempt, verdict: Verdict, flaky: bool) -> None:
    if attempt.phase == "retry" or flaky:
        return  # a retry says whether the failure is real, not whether this class can be repaired
    if verdict.kind is VerdictKind.ACCEPTED:
        breaker_record_success(run.tenant_id, attempt.failure_class)
    else:
        breaker_record_failure(run.tenant_id, attempt.failure_class)


def _sentence(attempt: RepairAttempt, verdict: Verdict) -> str:
    because = f" {verdict.proof.reasons[0]}" if verdict.proof.reasons else ""
    return f"Attempt {attempt.number} {verdict.kind}: {len(verdict.resolved)} of {attempt.targets_count} findings resolved.{because}"
