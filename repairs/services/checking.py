"""Run one check of one round; the last one in moves the run on."""

from dataclasses import replace

from django.db import transaction

from fleet.runner import JobContext
from fleet.services.jobs import job_enqueue
from metabuilder.kernel.clock import now
from repairs.engine.checks.runner import run_check as check_tree
from repairs.engine.types import CheckReport, CheckStatus, Finding
from repairs.models import CheckRound, RepairRun
from repairs.services.events import timeline_add
from repairs.services.failures import failures_record
from repairs.services.rounds import round_result_add
from repairs.services.stepping import step_take
from repairs.services.workbench import round_bench


def run_check(context: JobContext) -> None:
    """One check on a private copy of the round's tree."""
    check_round = CheckRound.objects.select_related("run", "attempt").get(pk=context.payload["round_id"])
    name = context.payload["check"]
    if check_round.run.is_terminal or check_round.results.filter(check_name=name).exists():
        return
    with round_bench(check_round, is_lost=context.is_lost) as bench:
        spec = bench.project.check(name)
        report = check_tree(spec, bench)
    if spec.tool == "requirements":
        report = _with_environment_findings(report, check_round)
    with transaction.atomic():
        context.settle()
        is_last = round_result_add(check_round=check_round, report=report)
        _told(check_round, report)
        if is_last:
            _round_finished(check_round)


def _with_environment_findings(report: CheckReport, check_round: CheckRound) -> CheckReport:
    """What the preparation of the environment met belongs to the check of the requirements."""
    rows = check_round.environment.get("findings") or []
    if not rows:
        return report
    return replace(report, status=CheckStatus.FAILED, findings=(*map(Finding.from_json, rows), *report.findings))


def _told(check_round: CheckRound, report: CheckReport) -> None:
    count = f", {len(report.findings)} findings" if report.findings else ""
    timeline_add(
        run=check_round.run,
        kind="check_finished",
        summary=f"{report.check}: {report.status}{count}.",
        at=now(),
        attempt=check_round.attempt,
        duration_seconds=report.duration_seconds,
        check=report.check,
        status=report.status,
        findings=len(report.findings),
        queue="cpu",
    )


def _round_finished(check_round: CheckRound) -> None:
    run = check_round.run
    if check_round.attempt_id:
        payload = {"attempt_id": check_round.attempt_id, "round_id": check_round.pk}
        job_enqueue(
            task="repairs.verify_attempt", queue="cpu", payload=payload, tenant_id=run.tenant_id, run_id=run.pk, priority=run.priority
        )
        return
    RepairRun.objects.filter(pk=run.pk).update(first_round=check_round, base_round=check_round)
    run.refresh_from_db()
    failures_record(run=run, report=check_round.tree_report())
    step_take(run)
