"""Keep what failed in a run, by fingerprint, before and after."""

from collections import Counter

from metabuilder.kernel.clock import now
from metabuilder.kernel.redact import redact
from repairs.engine.types import TreeReport
from repairs.models import RepairRun, RunFailure


def failures_record(*, run: RepairRun, report: TreeReport) -> None:
    """One row a fingerprint of the first look at the tree; safe to repeat."""
    counts = Counter(finding.fingerprint for finding in report.findings)
    samples = {finding.fingerprint: finding for finding in report.findings}
    at = now()
    rows = [
        RunFailure(
            run=run,
            fingerprint=print_,
            failure_class=finding.failure_class,
            tool=finding.tool[:40],
            rule=_text(finding.rule)[:120],
            message=redact(_text(finding.message))[:2000],
            path=_text(finding.path or "")[:1000],
            count_before=counts[print_],
            seen_at=at,
        )
        for print_, finding in samples.items()
    ]
    RunFailure.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def failures_close(*, run: RepairRun, report: TreeReport) -> None:
    """Write what is left of each fingerprint when the run ends."""
    counts = Counter(finding.fingerprint for finding in report.findings)
    rows = list(RunFailure.objects.filter(run=run))
    for row in rows:
        row.count_after = counts[row.fingerprint]
    RunFailure.objects.bulk_update(rows, ["count_after"], batch_size=1000)


def _text(value: str) -> str:
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
