"""Fixes that ruff calls unsafe: tried because tests judge them, and narrowed so that one bad one can be left out."""

from collections.abc import Sequence
from typing import ClassVar

from repairs.engine.bench import Bench
from repairs.engine.strategies.ruff_fixes import fix_with_ruff, has_fix
from repairs.engine.types import FailureClass, Finding, Proposal

# Here a codemod of ours keeps the behaviour where ruff's rewrite may not: comparisons that operators overload (ORM columns, arrays),
# and white space inside string literals.
LEFT_TO_CODEMODS = frozenset({"E711", "E712", "W291", "W293"})


class RuffUnsafe:
    """`ruff check --fix --unsafe-fixes`, narrowed to the targets."""

    name: ClassVar[str] = "ruff_unsafe"
    failure_classes: ClassVar[frozenset[FailureClass]] = frozenset({FailureClass.LINT})
    queue: ClassVar[str] = "cpu"
    phase: ClassVar[str] = "patch"
    rank: ClassVar[int] = 40

    def treats(self, finding: Finding) -> bool:
        return has_fix(finding) and finding.rule not in LEFT_TO_CODEMODS

    def propose(self, bench: Bench, targets: Sequence[Finding]) -> Proposal | None:
        wanted = [finding for finding in targets if self.treats(finding)]
        edits = fix_with_ruff(bench, wanted, unsafe=True)
        summary = f"ruff's unsafe fixes for {', '.join(sorted({finding.rule for finding in wanted}))}."
        return Proposal(self.name, edits, summary) if edits else None
