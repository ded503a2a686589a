"""unittest through pytest's collector: pytest runs unittest's cases and writes the same report."""

from collections.abc import Sequence

from repairs.engine.bench import Bench
from repairs.engine.checks.pytest import check_pytest
from repairs.engine.checks.pytest import check_tests as check_pytest_tests
from repairs.engine.types import CheckReport, CheckSpec

__all__ = ["check_tests", "check_unittest"]


def check_unittest(spec: CheckSpec, bench: Bench) -> CheckReport:
    return check_pytest(spec, bench)


def check_tests(spec: CheckSpec, bench: Bench, test_ids: Sequence[str]) -> CheckReport:
    return check_pytest_tests(spec, bench, test_ids)
