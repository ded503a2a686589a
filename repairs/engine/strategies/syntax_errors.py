"""Small syntax errors: a sign too few or too many, a wrong indent, leftovers of Python 2, of a diff or of a chat window."""

from collections.abc import Sequence
from typing import ClassVar

from repairs.engine.bench import Bench
from repairs.engine.strategies.codemods.calling import Job, rewrite
from repairs.engine.strategies.codemods.source import Options
from repairs.engine.strategies.compiling import compiling_edits
from repairs.engine.strategies.target_files import paths_of, read_sources
from repairs.engine.types import FailureClass, Finding, Proposal

RULES = frozenset(
    {"SyntaxError", "IndentationError", "TabError", "invalid-syntax", "E999", "E902", "merge-conflict", "ValueError", "UnicodeDecodeError"}
)


class SyntaxErrors:
    name: ClassVar[str] = "syntax_errors"
    failure_classes: ClassVar[frozenset[FailureClass]] = frozenset({FailureClass.SYNTAX, FailureClass.LINT})
    queue: ClassVar[str] = "cpu"
    phase: ClassVar[str] = "patch"
    rank: ClassVar[int] = 2

    def treats(self, finding: Finding) -> bool:
        return finding.tool in {"compile", "ruff", "flake8"} and finding.rule in RULES and bool(finding.path)

    def propose(self, bench: Bench, targets: Sequence[Finding]) -> Proposal | None:
        sources = read_sources(bench.tree, paths_of([finding for finding in targets if self.treats(finding)]))
        jobs = [Job(path, content, ()) for path, content in sources.items() if path.endswith((".py", ".pyi", ".pyw"))]
        answer = rewrite(bench, "syntax_errors", jobs, Options())
        edits = compiling_edits(bench, answer.contents)
        return Proposal(self.name, edits, f"Mended the syntax of {len(edits)} files.") if edits else None
