"""Open a round of checks over one tree, and join it when the last result is in."""

from typing import Any

from django.db import transaction
from django.db.models import F

from fleet.services.jobs import job_enqueue
from metabuilder.kernel.clock import now
from repairs.engine.types import CheckReport
from repairs.models import CheckResult, CheckRound, RepairAttempt, RepairRun


@transaction.atomic
def round_open(
    *, run: RepairRun, attempt: RepairAttempt | None, edits_digest: str, environment: dict[str, Any], needs_environment: bool = False
) -> CheckRound:
    """One job a check on the cpu queue; with `needs_environment` first one on io that prepares it."""
    project = run.checked_project
    check_round = CheckRound.objects.create(
        run=run, attempt=attempt, edits_digest=edits_digest, environment=environment, pending=len(project.checks), created_at=now()
    )
    if needs_environment:
        _enqueue(run, task="repairs.prepare_round", queue="io", payload={"round_id": check_round.pk})
    else:
        round_checks_enqueue(check_round)
    return check_round


def round_checks_enqueue(check_round: CheckRound) -> None:
    for spec in check_round.run.checked_project.checks:
        _enqueue(check_round.run, task="repairs.run_check", queue="cpu", payload={"round_id": check_round.pk, "check": spec.name})


@transaction.atomic
def round_result_add(*, check_round: CheckRound, report: CheckReport) -> bool:
    """Store one report; True for the one that was the last to come. A second report of the same check is left aside."""
    names = [spec.name for spec in check_round.run.checked_project.checks]
    _, is_new = CheckResult.objects.get_or_create(
        round=check_round,
        check_name=report.check,
        defaults={
            "position": names.index(report.check),
            "failure_class": report.failure_class,
            "status": report.status,
            "findings_count": len(report.findings),
            "duration_seconds": report.duration_seconds,
            "report": _storable(report.to_json()),
            "created_at": now(),
        },
    )
    if not is_new:
        return False
    # The update locks the round's row: of two last reports only one reads zero.
    CheckRound.objects.filter(pk=check_round.pk).update(pending=F("pending") - 1)
    check_round.refresh_from_db(fields=["pending"])
    if check_round.pending:
        return False
    CheckRound.objects.filter(pk=check_round.pk).update(finished_at=now())
    return True


def _enqueue(run: RepairRun, *, task: str, queue: str, payload: dict[str, Any]) -> None:
    job_enqueue(task=task, queue=queue, payload=payload, tenant_id=run.tenant_id, run_id=run.pk, priority=run.priority)


def _storable(value: Any) -> Any:
    """PostgreSQL's JSON has neither NUL nor lone surrogates; hostile output has both."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value
