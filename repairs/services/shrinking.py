"""Prove each hunk of a candidate necessary, on a bench; drop those that are not."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from repairs.engine.bench import Bench
from repairs.engine.checks.runner import run_check, run_tests_only
from repairs.engine.patches.edits import edits_apply, edits_merge
from repairs.engine.types import CheckReport, CheckSpec, Finding, TreeEdits, Verdict
from repairs.engine.verify.necessity import minimise
from repairs.models import RepairAttempt
from repairs.services.workbench import bench_open

# Checks that judge every file for itself: one hunk of each file can be put back in the same run.
PER_FILE_TOOLS = frozenset({"compile", "ruff", "ruff-format", "bandit", "black", "isort", "flake8"})
MAX_RUNS_PER_FILE, MAX_RUNS_WHOLE = 400, 60


@dataclass(frozen=True)
class Shrunk:
    edits: dict[str, bytes | None]
    reason: str


def shrink(attempt: RepairAttempt, base: TreeEdits, candidate: TreeEdits, verdict: Verdict, *, is_lost: Callable[[], bool]) -> Shrunk:
    """The candidate less the hunks that nothing needs, counted against the tree the attempt started from."""
    report = attempt.base_round.tree_report()
    with bench_open(attempt.run, edits=base, environment=attempt.base_round.environment, report=report, is_lost=is_lost) as bench:
        changed = {path: content for path, content in candidate.items() if content != _content(bench.tree / path)}
        old = {path: _content(bench.tree / path) for path in changed}
        specs = _specs(bench, verdict)
        per_file = all(spec.tool in PER_FILE_TOOLS for spec in specs)
        looker = _Looker(bench, specs, verdict.resolved)
        result = minimise(old, changed, looker.fails_again, per_file=per_file, max_runs=MAX_RUNS_PER_FILE if per_file else MAX_RUNS_WHOLE)
    return Shrunk(_merged(base, candidate, result.edits, old), _sentence(result.proven, result.dropped, result.unproven))


class _Looker:
    """Looks again at a tree with some hunks put back; remembers what is on disk, so that only differences are written."""

    def __init__(self, bench: Bench, specs: list[CheckSpec], resolved: tuple[Finding, ...]) -> None:
        self._bench = bench
        self._specs = specs
        self._resolved = resolved
        self._gone = {(finding.tool, finding.rule, finding.path) for finding in resolved}
        self._tests = {finding.test_id for finding in resolved if finding.test_id}

    def fails_again(self, edits: TreeEdits, files: frozenset[str]) -> frozenset[str]:
        """The files, of those with a hunk put back, in which what was mended fails again; all of them where a check has no files."""
        edits_apply(self._bench.tree, edits)
        again: set[str] = set()
        for spec in self._specs:
            again |= self._of(spec, files)
            if again >= files:
                break
        return frozenset(again & files)

    def _of(self, spec: CheckSpec, files: frozenset[str]) -> set[str]:
        report = self._look(spec)
        if spec.tool not in PER_FILE_TOOLS:
            return set(files) if self._is_worse(spec, report) else set()
        return {finding.path for finding in report.findings if finding.path} if report.findings else set()

    def _look(self, spec: CheckSpec) -> CheckReport:
        if self._tests and spec.tool in ("pytest", "unittest"):
            return run_tests_only(spec, self._bench, sorted(self._tests))
        return run_check(spec, self._bench)

    def _is_worse(self, spec: CheckSpec, report: CheckReport) -> bool:
        if self._tests and spec.tool in ("pytest", "unittest"):
            return not self._tests <= report.passed_tests
        before = self._bench.report.report(spec.name)
        still = len(before.findings) - len(self._resolved) if before else 0
        return len(report.findings) > still


def _specs(bench: Bench, verdict: Verdict) -> list[CheckSpec]:
    """The checks whose findings were resolved, cheap ones first."""
    tools = {finding.tool for finding in verdict.resolved}
    specs = [spec for spec in bench.project.checks if spec.tool in tools]
    return sorted(specs, key=lambda spec: spec.tool not in PER_FILE_TOOLS)


def _merged(base: TreeEdits, candidate: TreeEdits, shrunk: TreeEdits, old: TreeEdits) -> dict[str, bytes | None]:
    """The whole edits against the source: what the attempt changed as shrunk, what it dropped as it was before."""
    dropped = {path: old[path] for path in old if path not in shrunk}
    kept_base = {path: content for path, content in dropped.items() if path in base}
    merged = edits_merge({path: content for path, content in candidate.items() if path not in dropped}, shrunk)
    return edits_merge(merged, kept_base)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _sentence(proven: int, dropped: int, unproven: int) -> str:
    words = f"{proven} hunks are proven necessary"
    words += f", {dropped} unneeded ones were dropped" if dropped else ""
    return words + (f", {unproven} were not looked at one by one." if unproven else ".")
