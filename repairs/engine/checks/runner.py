"""Run one check of a tree."""

from collections.abc import Sequence
from dataclasses import replace

from repairs.engine.bench import Bench
from repairs.engine.checks import pytest, unittest
from repairs.engine.checks.base import broken
from repairs.engine.checks.registry import CHECKERS
from repairs.engine.types import CheckReport, CheckSpec, CommandResult


def run_check(spec: CheckSpec, bench: Bench) -> CheckReport:
    """What the check says of the bench's tree. Output that cannot be read is reported as broken, never raised."""
    try:
        return CHECKERS[spec.tool](spec, bench)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return broken(spec, CommandResult((), None), f"The output of {spec.tool} could not be read: {type(error).__name__}: {error}")


def run_tests_only(spec: CheckSpec, bench: Bench, test_ids: Sequence[str]) -> CheckReport:
    """Only some tests of a check of tests; of any other check, the whole."""
    runners = {"pytest": pytest.check_tests, "unittest": unittest.check_tests}
    if spec.tool not in runners:
        return run_check(spec, bench)
    report = runners[spec.tool](spec, bench, test_ids)
    # A test asked for by its id may stand for its parameters too: keep what was asked for.
    return replace(report, passed_tests=report.passed_tests & frozenset(test_ids))
