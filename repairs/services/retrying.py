"""The retry phase: run what failed once more, unchanged, to tell flaky from real before anything is spent."""

from dataclasses import replace

from django.db import transaction

from fleet.runner import JobContext
from metabuilder.kernel.clock import now
from repairs.engine.bench import Bench
from repairs.engine.checks.runner import run_check, run_tests_only
from repairs.engine.types import CheckReport, CheckStatus, FailureClass, Finding, Proof, Verdict, VerdictKind
from repairs.models import CheckResult, CheckRound, RepairAttempt
from repairs.services.settling import attempt_settle

TEST_TOOLS = frozenset({"pytest", "unittest"})


def attempt_retry(context: JobContext, attempt: RepairAttempt, bench: Bench) -> None:
    """Re-run the failing checks of the attempt's class; what passes now was flaky and leaves the failing set."""
    failing = [report for report in bench.report.reports if _is_due(report, attempt.failure_class)]
    again = {report.check: _again(report, bench) for report in failing}
    vanished = tuple(finding for report in failing for finding in _vanished(report, again[report.check]))
    with transaction.atomic():
        context.settle()
        check_round = _round_with(attempt, again) if vanished else None
        reason = (
            f"{len(vanished)} of {attempt.targets_count} failures passed when run again: flaky." if vanished else "It failed again: real."
        )
        verdict = Verdict(kind=VerdictKind.UNCHANGED, proof=Proof(reasons=(reason,)), resolved=vanished)
        attempt_settle(attempt=attempt, verdict=verdict, base_round=check_round, flaky=bool(vanished))


def _is_due(report: CheckReport, kind: str) -> bool:
    return not report.is_green and any(finding.failure_class == kind for finding in report.findings)


def _again(report: CheckReport, bench: Bench) -> CheckReport:
    """The report with what passes now taken out of its findings."""
    spec = bench.project.check(report.check)
    ids = [finding.test_id for finding in report.findings if finding.test_id]
    if spec.tool not in TEST_TOOLS or not ids or report.status is CheckStatus.BROKEN:
        return run_check(spec, bench)
    second = run_tests_only(spec, bench, ids)
    findings = tuple(finding for finding in report.findings if not _passes(finding, second))
    passed = report.passed_tests | second.passed_tests
    return replace(report, findings=findings, passed_tests=passed, status=CheckStatus.FAILED if findings else CheckStatus.PASSED)


def _passes(finding: Finding, second: CheckReport) -> bool:
    return finding.test_id is not None and finding.test_id in second.passed_tests


def _vanished(before: CheckReport, after: CheckReport) -> list[Finding]:
    if after.is_green:
        return [
            finding for finding in before.findings if finding.failure_class in (FailureClass.TEST, FailureClass.RUNTIME, FailureClass.INFRA)
        ]
    left = {finding.test_id for finding in after.findings}
    return [finding for finding in before.findings if finding.test_id and finding.test_id not in left]


def _round_with(attempt: RepairAttempt, again: dict[str, CheckReport]) -> CheckRound:
    """A round of the same tree that holds the second look in place of the first."""
    base, at = attempt.base_round, now()
    check_round = CheckRound.objects.create(
        run=attempt.run,
        attempt=attempt,
        edits_digest=base.edits_digest,
        environment=base.environment,
        pending=0,
        created_at=at,
        finished_at=at,
    )
    rows = [_result_like(row, check_round, again.get(row.check_name)) for row in base.results.all()]
    CheckResult.objects.bulk_create(rows)
    return check_round


def _result_like(row: CheckResult, check_round: CheckRound, report: CheckReport | None) -> CheckResult:
    report = report or row.check_report()
    return CheckResult(
        round=check_round,
        position=row.position,
        check_name=row.check_name,
        failure_class=row.failure_class,
        status=report.status,
        findings_count=len(report.findings),
        duration_seconds=report.duration_seconds,
        report=report.to_json(),
        created_at=check_round.created_at,
    )
