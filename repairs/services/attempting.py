"""Make one proposal and send it to be verified."""

from collections.abc import Sequence
from pathlib import Path

from django.db import transaction

from fleet.runner import JobContext
from metabuilder.kernel.clock import now
from metabuilder.kernel.states import state_change
from repairs.engine.bench import Bench
from repairs.engine.patches.edits import edits_merge
from repairs.engine.strategies.base import Strategy
from repairs.engine.strategies.chain import CHAIN_SEPARATOR, propose_in_turn
from repairs.engine.strategies.registry import strategy_named
from repairs.engine.types import FailureClass, Finding, Proof, Proposal, TreeEdits, TreeReport, Verdict, VerdictKind
from repairs.engine.verify.integrity import find_tampering
from repairs.engine.workspace.environment import environment_key
from repairs.models import RepairAttempt, RepairRun
from repairs.services.artifacts import edits_load, edits_store
from repairs.services.events import timeline_add
from repairs.services.retrying import attempt_retry
from repairs.services.rounds import round_open
from repairs.services.settling import attempt_settle
from repairs.services.workbench import bench_open, source_tree


def attempt_run(context: JobContext) -> None:
    """Let the attempt's strategies work on a private copy; nothing they say is believed before it is verified."""
    attempt = RepairAttempt.objects.select_related("run", "base_round").get(pk=context.payload["attempt_id"])
    run = attempt.run
    if attempt.state != RepairAttempt.State.PROPOSING or run.is_terminal:
        return
    report = attempt.base_round.tree_report()
    with bench_open(
        run, edits=edits_load(run.edits_digest), environment=attempt.base_round.environment, report=report, is_lost=context.is_lost
    ) as bench:
        if attempt.phase == "retry":
            attempt_retry(context, attempt, bench)
            return
        proposal = propose_in_turn(strategies_of(attempt), bench, targets_of(attempt, report))
    proposal_submit(context, attempt, proposal)


def strategies_of(attempt: RepairAttempt) -> list[Strategy]:
    return [strategy_named(name) for name in attempt.strategy.split(CHAIN_SEPARATOR)]


def targets_of(attempt: RepairAttempt, report: TreeReport) -> list[Finding]:
    """The findings the attempt goes for: what its strategies treat, less the groups that were rolled back."""
    strategies = strategies_of(attempt)
    dropped = {(rule, path) for rule, path in attempt.dropped_groups}
    return [
        finding
        for finding in report.findings
        if finding.failure_class == attempt.failure_class
        and (finding.rule, finding.path) not in dropped
        and any(strategy.treats(finding) for strategy in strategies)
    ]


def proposal_submit(context: JobContext, attempt: RepairAttempt, proposal: Proposal | None) -> None:
    """Settle the attempt when there is nothing to verify or the proposal is tampering; else open its round of checks."""
    run = attempt.run
    base = edits_load(run.edits_digest)
    edits = without_idle(run, edits_merge(base, proposal.edits)) if proposal else base
    if proposal is None or edits == base:
        nothing = Proof(f2p=False, reasons=("No strategy found anything to change.",))
        _settle(context, attempt, Verdict(kind=VerdictKind.UNCHANGED, proof=nothing))
        return
    tampering = find_tampering(source_tree(run), edits, run.checked_project, strategy_classes=classes_so_far(attempt))
    digest = edits_store(edits)
    if tampering:
        reasons = tuple(f"{row.kind}: {row.path}:{row.line or ''} {row.detail}" for row in tampering)
        attempt.edits_digest, attempt.summary = digest, proposal.summary
        _settle(context, attempt, Verdict(kind=VerdictKind.UNSAFE, proof=Proof(integrity=False, reasons=reasons)))
        return
    with transaction.atomic():
        context.settle()
        verification_open(attempt, digest, edits, summary=proposal.summary)


def verification_open(attempt: RepairAttempt, digest: str, edits: TreeEdits, *, summary: str) -> None:
    """Check the candidate: all checks, in parallel, in the environment its own requirements ask for."""
    run = attempt.run
    RepairAttempt.objects.filter(pk=attempt.pk).update(
        state=RepairAttempt.State.VERIFYING,
        edits_digest=digest,
        summary=summary,
        dropped_groups=attempt.dropped_groups,
        is_minimised=attempt.is_minimised,
    )
    state_change(run, to=RepairRun.State.VERIFYING, allowed_from=RepairRun.ACTIVE)
    timeline_add(run=run, kind="proposed", summary=summary, at=now(), attempt=attempt, files=len(edits))
    environment = attempt.base_round.environment
    spec = run.checked_project.environment
    key = environment_key(spec, source_tree(run), edits)
    round_open(
        run=run,
        attempt=attempt,
        edits_digest=digest,
        environment=environment,
        needs_environment=key != environment.get("key") and not spec.is_empty,
    )


def classes_so_far(attempt: RepairAttempt) -> frozenset[FailureClass]:
    """Classes whose strategies have had a hand in the tree: some may do what others may not, such as add a dependency."""
    accepted = attempt.run.attempts.filter(verdict=VerdictKind.ACCEPTED).values_list("failure_class", flat=True)
    return frozenset(map(FailureClass, {attempt.failure_class, *accepted}))


def without_idle(run: RepairRun, edits: TreeEdits) -> dict[str, bytes | None]:
    """Edits less those that leave a file as the source has it."""
    source = source_tree(run)
    return {path: content for path, content in edits.items() if content != _content(source / path)}


def propose_for(attempt: RepairAttempt, bench: Bench, groups: Sequence[tuple[str, str | None]]) -> Proposal | None:
    """The attempt's proposal for some of its (rule, path) groups only; `bench` must hold a fresh base tree."""
    targets = [finding for finding in targets_of(attempt, bench.report) if (finding.rule, finding.path) in set(groups)]
    return propose_in_turn(strategies_of(attempt), bench, targets)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _settle(context: JobContext, attempt: RepairAttempt, verdict: Verdict) -> None:
    with transaction.atomic():
        context.settle()
        attempt_settle(attempt=attempt, verdict=verdict)
