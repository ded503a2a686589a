"""Judge a candidate by its round of checks; shrink it to what holds and what is needed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from django.db import transaction

from fleet.runner import JobContext
from repairs.engine.bench import Bench
from repairs.engine.types import Proof, Proposal, TreeReport, Verdict, VerdictKind
from repairs.engine.verify.isolate import keep_what_holds
from repairs.engine.verify.judge import judge
from repairs.models import CheckRound, RepairAttempt
from repairs.services.artifacts import edits_load
from repairs.services.attempting import proposal_submit, propose_for, targets_of
from repairs.services.rechecking import is_unbroken, regressions_between
from repairs.services.settling import attempt_settle
from repairs.services.shrinking import shrink
from repairs.services.workbench import bench_open

MAX_ISOLATION_RUNS = 60
MAX_ROUNDS = 5  # rounds of checks one attempt may ask for

Group = tuple[str, str | None]  # rule, path


def attempt_verify(context: JobContext) -> None:
    """The four answers, in order of cost. A candidate that broke something is cut back to what did not and checked again."""
    check_round = CheckRound.objects.select_related("run", "attempt__run", "attempt__base_round").get(pk=context.payload["round_id"])
    attempt = check_round.attempt
    assert attempt is not None
    if attempt.state != RepairAttempt.State.VERIFYING or attempt.run.is_terminal:
        return
    before = attempt.base_round.tree_report()
    verdict = judge(before, check_round.tree_report(), targets_of(attempt, before), ())
    if verdict.kind is VerdictKind.REGRESSED and attempt.rounds.count() < MAX_ROUNDS:
        _roll_back(context, attempt, check_round, verdict)
    elif verdict.kind is VerdictKind.ACCEPTED and not attempt.is_minimised:
        _minimise(context, attempt, check_round, verdict)
    else:
        _settle(context, attempt, verdict, check_round)


def _roll_back(context: JobContext, attempt: RepairAttempt, check_round: CheckRound, verdict: Verdict) -> None:
    """Find which rule in which file broke what passed, and propose the rest."""
    before = attempt.base_round.tree_report()
    groups = list(dict.fromkeys((finding.rule, finding.path) for finding in targets_of(attempt, before)))
    kept = _keep(context, attempt, groups, check_round.tree_report()) if len(groups) > 1 else []
    if not kept:
        _settle(context, attempt, verdict, None)
        return
    attempt.dropped_groups = [*attempt.dropped_groups, *([rule, path] for rule, path in groups if (rule, path) not in set(kept))]
    proposal = _proposal(context, attempt, before, kept)
    proposal_submit(context, attempt, proposal)


def _keep(context: JobContext, attempt: RepairAttempt, groups: Sequence[Group], after: TreeReport) -> list[Group]:
    before = attempt.base_round.tree_report()
    lost = regressions_between(before, after)

    def holds(some: Sequence[Group]) -> bool:
        with _base_bench(context, attempt, before) as bench:
            propose_for(attempt, bench, some)
            return is_unbroken(bench, lost)

    return list(keep_what_holds(groups, holds, max_runs=MAX_ISOLATION_RUNS))


def _proposal(context: JobContext, attempt: RepairAttempt, before: TreeReport, groups: Sequence[Group]) -> Proposal | None:
    with _base_bench(context, attempt, before) as bench:
        return propose_for(attempt, bench, groups)


def _minimise(context: JobContext, attempt: RepairAttempt, check_round: CheckRound, verdict: Verdict) -> None:
    """Drop every hunk that nothing needs; what was dropped changes the tree, so the rest is checked once more."""
    base, candidate = edits_load(attempt.run.edits_digest), edits_load(check_round.edits_digest)
    shrunk = shrink(attempt, base, candidate, verdict, is_lost=context.is_lost)
    attempt.is_minimised = True
    if shrunk.edits == candidate:
        _settle(context, attempt, _needed(verdict, shrunk.reason), check_round)
    elif shrunk.edits == base:
        reasons = (*verdict.proof.reasons, "No hunk of the patch is needed: what failed passes without it.")
        _settle(
            context,
            attempt,
            Verdict(VerdictKind.UNCHANGED, Proof(f2p=False, p2p=True, integrity=True, necessity=False, reasons=reasons)),
            None,
        )
    else:
        proposal_submit(context, attempt, Proposal(attempt.strategy, shrunk.edits, f"{attempt.summary} {shrunk.reason}"))


def _needed(verdict: Verdict, reason: str) -> Verdict:
    proof = Proof(f2p=verdict.proof.f2p, p2p=verdict.proof.p2p, integrity=True, necessity=True, reasons=(*verdict.proof.reasons, reason))
    return Verdict(kind=verdict.kind, proof=proof, resolved=verdict.resolved, remaining=verdict.remaining)


def _settle(context: JobContext, attempt: RepairAttempt, verdict: Verdict, check_round: CheckRound | None) -> None:
    is_accepted = verdict.kind is VerdictKind.ACCEPTED
    if is_accepted and verdict.proof.necessity is None:
        verdict = _needed(verdict, "Every hunk was proven necessary before the last round of checks.")
    with transaction.atomic():
        context.settle()
        attempt_settle(attempt=attempt, verdict=verdict, base_round=check_round if is_accepted else None)


def _base_bench(context: JobContext, attempt: RepairAttempt, before: TreeReport) -> AbstractContextManager[Bench]:
    return bench_open(
        attempt.run,
        edits=edits_load(attempt.run.edits_digest),
        environment=attempt.base_round.environment,
        report=before,
        is_lost=context.is_lost,
    )
