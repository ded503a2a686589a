"""Which class a raw failure belongs to: a table, first match wins."""

import re

from repairs.engine.types import FailureClass

_TEST_RULES: tuple[tuple[re.Pattern[str], FailureClass], ...] = (
    (re.compile(r"ModuleNotFoundError|No module named"), FailureClass.DEPENDENCY),
    (re.compile(r"\b(SyntaxError|IndentationError|TabError)\b"), FailureClass.SYNTAX),
    (re.compile(r"No space left on device|MemoryError|Too many open files|Resource temporarily unavailable"), FailureClass.INFRA),
    (re.compile(r"Fatal Python error|Segmentation fault|worker '.*' crashed"), FailureClass.RUNTIME),
)


def class_of_test_failure(rule: str, text: str) -> FailureClass:
    """The class of a failing test: what the exception says, else plain test."""
    head = f"{rule}\n{text}"
    return next((kind for pattern, kind in _TEST_RULES if pattern.search(head)), FailureClass.TEST)
