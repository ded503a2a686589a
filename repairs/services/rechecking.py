"""Look again, cheaply, at what a candidate broke: only the checks that regressed, only the tests that stopped passing."""

from dataclasses import dataclass

from repairs.engine.bench import Bench
from repairs.engine.checks.runner import run_check, run_tests_only
from repairs.engine.types import CheckReport, TreeReport, VerdictKind
from repairs.engine.verify.judge import judge


@dataclass(frozen=True)
class Regression:
    """One check that got worse, and the tests that passed before it and do not any more."""

    before: CheckReport
    lost_tests: frozenset[str]


def regressions_between(before: TreeReport, after: TreeReport) -> list[Regression]:
    """The checks of which `after` is worse than `before`."""
    found = []
    for report in before.reports:
        later = after.report(report.check)
        if later is not None and _is_worse(report, later):
            found.append(Regression(before=report, lost_tests=report.passed_tests - later.passed_tests))
    return found


def is_unbroken(bench: Bench, regressions: list[Regression]) -> bool:
    """Does the bench's tree keep what those regressions lost?"""
    return all(_holds(bench, regression) for regression in regressions)


def _holds(bench: Bench, regression: Regression) -> bool:
    spec = bench.project.check(regression.before.check)
    if regression.lost_tests:
        again = run_tests_only(spec, bench, sorted(regression.lost_tests))
        return regression.lost_tests <= again.passed_tests
    return not _is_worse(regression.before, run_check(spec, bench))


def _is_worse(before: CheckReport, after: CheckReport) -> bool:
    return judge(TreeReport((before,)), TreeReport((after,)), (), ()).kind is VerdictKind.REGRESSED
