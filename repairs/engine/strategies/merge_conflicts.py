"""Conflict markers resolved where one answer is plainly right."""

from collections.abc import Sequence
from typing import ClassVar

from repairs.engine.bench import Bench
from repairs.engine.strategies.codemods.calling import Job, rewrite
from repairs.engine.strategies.codemods.source import Options
from repairs.engine.strategies.compiling import compiling_edits
from repairs.engine.strategies.target_files import paths_of, read_sources
from repairs.engine.types import FailureClass, Finding, Proposal

# A parser that knows nothing of conflicts calls the first marker a syntax error.
RULES = frozenset({"merge-conflict", "SyntaxError", "IndentationError", "invalid-syntax", "E999"})
MARKER = b"<<<<<<<"


class MergeConflicts:
    name: ClassVar[str] = "merge_conflicts"
    failure_classes: ClassVar[frozenset[FailureClass]] = frozenset({FailureClass.SYNTAX, FailureClass.LINT})
    queue: ClassVar[str] = "cpu"
    phase: ClassVar[str] = "patch"
    rank: ClassVar[int] = 1

    def treats(self, finding: Finding) -> bool:
        return finding.tool in {"compile", "ruff", "flake8"} and finding.rule in RULES and bool(finding.path)

    def propose(self, bench: Bench, targets: Sequence[Finding]) -> Proposal | None:
        sources = read_sources(bench.tree, paths_of([finding for finding in targets if self.treats(finding)]))
        jobs = [Job(path, content, ()) for path, content in sources.items() if MARKER in content]
        answer = rewrite(bench, "merge_conflicts", jobs, Options())
        edits = compiling_edits(bench, answer.contents)
        return Proposal(self.name, edits, f"Resolved the conflict markers of {len(edits)} files.") if edits else None
