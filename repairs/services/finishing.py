"""The only exit of a run."""

import structlog
from django.db import transaction

from budgets.services import budget_close
from fleet.services.jobs import jobs_cancel
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import Conflict
from metabuilder.kernel.states import state_change
from repairs.engine.patches.diff import render_diff
from repairs.models import Patch, RepairRun
from repairs.services.artifacts import edits_load
from repairs.services.events import timeline_add
from repairs.services.failures import failures_close
from repairs.services.workbench import source_tree

log = structlog.get_logger(__name__)


@transaction.atomic
def run_finish(*, run: RepairRun, state: str, outcome: str, reason: str, actor: str = "platform") -> bool:
    """End a run once: state, patch, failures, budget, timeline. False when it had ended before."""
    at = now()
    if not state_change(run, to=state, allowed_from=RepairRun.ACTIVE, outcome=outcome, reason=reason, finished_at=at):
        return False
    if run.base_round:
        failures_close(run=run, report=run.base_round.tree_report())
    if run.edits_digest:
        _patch_store(run)
    budget_close(run_id=run.pk)
    timeline_add(
        run=run, kind="run_finished", summary=reason, at=at, actor=actor, outcome=outcome or state, duration_seconds=run.duration_seconds
    )
    log.info("run_finished", run_id=run.pk, state=state, outcome=outcome, duration_seconds=run.duration_seconds)
    return True


@transaction.atomic
def run_cancel(*, run: RepairRun, actor: str, reason: str = "") -> RepairRun:
    """Stop a run; jobs in hand stop at their next look. Raises Conflict when it has ended."""
    if not run_finish(run=run, state=RepairRun.State.CANCELLED, outcome="", reason=reason or "Cancelled.", actor=actor):
        raise Conflict(f"Run {run.pk} has ended as {run.state}.", hint="A run that has ended cannot be cancelled.")
    jobs_cancel(run_id=run.pk)
    return run


def _patch_store(run: RepairRun) -> None:
    """The proof of the whole: green and unbroken by the last round of checks, honest and needed by its accepted attempts."""
    edits = edits_load(run.edits_digest)
    diff = render_diff(source_tree(run), edits)
    lines = diff.splitlines()
    accepted = list(run.attempts.filter(verdict="accepted"))
    assert run.base_round is not None
    Patch.objects.create(
        run=run,
        diff=diff,
        edits_digest=run.edits_digest,
        files_changed=len(edits),
        lines_added=sum(line.startswith("+") and not line.startswith("+++") for line in lines),
        lines_removed=sum(line.startswith("-") and not line.startswith("---") for line in lines),
        f2p=run.base_round.tree_report().is_green,
        p2p=all(attempt.p2p for attempt in accepted),
        integrity=all(attempt.integrity for attempt in accepted),
        necessity=all(attempt.necessity for attempt in accepted),
        created_at=now(),
    )
