"""Fixes that ruff calls safe, for the rules and files of the targets only."""

from collections.abc import Sequence
from typing import ClassVar

from repairs.engine.bench import Bench
from repairs.engine.strategies.ruff_fixes import fix_with_ruff, has_fix
from repairs.engine.types import FailureClass, Finding, Proposal


class RuffFix:
    """`ruff check --fix`, narrowed to the targets."""

    name: ClassVar[str] = "ruff_fix"
    failure_classes: ClassVar[frozenset[FailureClass]] = frozenset({FailureClass.LINT})
    queue: ClassVar[str] = "cpu"
    phase: ClassVar[str] = "patch"
    rank: ClassVar[int] = 10

    def treats(self, finding: Finding) -> bool:
        return has_fix(finding)

    def propose(self, bench: Bench, targets: Sequence[Finding]) -> Proposal | None:
        wanted = [finding for finding in targets if self.treats(finding)]
        edits = fix_with_ruff(bench, wanted, unsafe=False)
        summary = f"ruff's safe fixes for {', '.join(sorted({finding.rule for finding in wanted}))}."
        return Proposal(self.name, edits, summary) if edits else None
