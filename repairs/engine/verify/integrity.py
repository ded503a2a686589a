"""Did a patch buy its green? Detectors work on syntax trees, tokens and parsed configuration, never on text."""

from collections.abc import Iterator
from pathlib import Path

from repairs.engine.types import FailureClass, Project, TreeEdits
from repairs.engine.verify.configuration import loosened_settings
from repairs.engine.verify.protected import protected_changes
from repairs.engine.verify.suppressions import added_suppressions
from repairs.engine.verify.tampering import Tampering
from repairs.engine.verify.tested import weakened_tests

__all__ = ["Tampering", "find_tampering"]


def find_tampering(before: Path, edits: TreeEdits, project: Project, *, strategy_classes: frozenset[FailureClass]) -> tuple[Tampering, ...]:
    """Every way in which `edits` weaken what is checked; empty for an honest patch. Whoever wrote it."""
    return tuple(_all(before, edits, project, frozenset(map(FailureClass, strategy_classes))))


def _all(before: Path, edits: TreeEdits, project: Project, classes: frozenset[FailureClass]) -> Iterator[Tampering]:
    yield from protected_changes(edits, before, project, classes)
    for path, after in sorted(edits.items()):
        file = before / path
        old = file.read_bytes() if file.is_file() else None
        yield from added_suppressions(path, old, after)
        yield from loosened_settings(path, old, after, classes)
        yield from weakened_tests(path, old, after)
