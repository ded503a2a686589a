"""Compare two reports of one tree: what was mended, what was broken."""

from collections import Counter
from collections.abc import Iterable, Sequence

from repairs.engine.types import CheckReport, CheckStatus, FailureClass, Finding, Proof, TreeReport, Verdict, VerdictKind

Key = tuple[str, str, str | None, str]


def judge(before: TreeReport, after: TreeReport, targets: Sequence[Finding], tampering: Sequence[object]) -> Verdict:
    """The first three of the four answers; necessity is proven apart.

    F2P of an attempt: findings it went for are gone. P2P: what passed still passes; no test is lost; inside a check that failed
    already no rule counts more than before.
    """
    if tampering:
        return Verdict(VerdictKind.UNSAFE, Proof(integrity=False, reasons=tuple(map(str, tampering))))
    resolved, remaining = _split(targets, after)
    broken = regressions(before, after)
    reasons = [f"{len(resolved)} of {len(targets)} targeted findings are resolved."]
    if broken:
        reasons = [f"It broke: {', '.join(broken[:5])}" + (f" and {len(broken) - 5} more." if len(broken) > 5 else "."), *reasons]
    proof = Proof(f2p=bool(resolved), p2p=not broken, integrity=True, reasons=tuple(reasons))
    kind = VerdictKind.REGRESSED if broken else VerdictKind.ACCEPTED if resolved else VerdictKind.UNCHANGED
    return Verdict(kind, proof, tuple(resolved), tuple(remaining), tuple(broken))


def regressions(before: TreeReport, after: TreeReport) -> list[str]:
    """What is worse, one readable line each."""
    found: list[str] = []
    for report in before.reports:
        later = after.report(report.check)
        found += [f"{report.check} did not run"] if later is None else _of_check(report, later)
    return found


def _of_check(before: CheckReport, after: CheckReport) -> list[str]:
    lost = [f"test {test}" for test in sorted(before.passed_tests - after.passed_tests)]
    if before.is_green and not after.is_green:
        return lost or [f"check {before.check}: {_first(after)}"]
    if after.status is CheckStatus.BROKEN and before.status is not CheckStatus.BROKEN:
        return [*lost, f"check {before.check} cannot run any more: {_first(after)}"]
    return lost + _risen(before, after)


def _risen(before: CheckReport, after: CheckReport) -> list[str]:
    counts, later = _by_rule(before), _by_rule(after)
    risen = [f"{before.check} {rule}: {counts[rule]} -> {count}" for rule, count in later.items() if count > counts[rule]]
    if before.failure_class is FailureClass.SECURITY:
        places, now = _by_place(before), _by_place(after)
        risen += [
            f"{before.check} {rule} in {path}: {places[rule, path]} -> {count}"
            for (rule, path), count in now.items()
            if count > places[rule, path]
        ]
    return risen


def _by_rule(report: CheckReport) -> Counter[str]:
    return Counter(finding.rule for finding in report.findings)


def _by_place(report: CheckReport) -> Counter[tuple[str, str | None]]:
    return Counter((finding.rule, finding.path) for finding in report.findings)


def _split(targets: Iterable[Finding], after: TreeReport) -> tuple[list[Finding], list[Finding]]:
    """Gone and still there, by count: line numbers may have moved."""
    left = Counter(_key(finding) for finding in after.findings)
    resolved, remaining = [], []
    for finding in targets:
        if left[_key(finding)] > 0:
            left[_key(finding)] -= 1
            remaining.append(finding)
        else:
            resolved.append(finding)
    return resolved, remaining


def _key(finding: Finding) -> Key:
    return finding.tool, finding.rule, finding.path or finding.test_id, finding.fingerprint


def _first(report: CheckReport) -> str:
    return f"{report.findings[0].rule} {report.findings[0].message}"[:200] if report.findings else str(report.status)
