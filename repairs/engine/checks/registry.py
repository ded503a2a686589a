"""Which function runs which tool."""

from collections.abc import Callable

from repairs.engine.bench import Bench
from repairs.engine.checks.bandit import check_bandit
from repairs.engine.checks.command import check_command
from repairs.engine.checks.compile_check import check_compile
from repairs.engine.checks.imports import check_imports
from repairs.engine.checks.mypy import check_mypy
from repairs.engine.checks.pytest import check_pytest
from repairs.engine.checks.requirements import check_requirements
from repairs.engine.checks.ruff import check_ruff
from repairs.engine.checks.ruff_format import check_ruff_format
from repairs.engine.checks.unittest import check_unittest
from repairs.engine.types import CheckReport, CheckSpec, FailureClass

Checker = Callable[[CheckSpec, Bench], CheckReport]

CHECKERS: dict[str, Checker] = {
    "compile": check_compile,
    "ruff": check_ruff,
    "ruff-format": check_ruff_format,
    "mypy": check_mypy,
    "pytest": check_pytest,
    "unittest": check_unittest,
    "bandit": check_bandit,
    "imports": check_imports,
    "requirements": check_requirements,
    "command": check_command,
}
# The class of a tool's findings where the configuration names none.
CLASSES: dict[str, FailureClass] = {
    "compile": FailureClass.SYNTAX,
    "ruff": FailureClass.LINT,
    "ruff-format": FailureClass.LINT,
    "mypy": FailureClass.TYPECHECK,
    "pytest": FailureClass.TEST,
    "unittest": FailureClass.TEST,
    "bandit": FailureClass.SECURITY,
    "imports": FailureClass.DEPENDENCY,
    "requirements": FailureClass.DEPENDENCY,
    "command": FailureClass.UNKNOWN,
}
