"""Files that a formatter check names, formatted by ruff as the check would have them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

from repairs.engine.bench import Bench
from repairs.engine.strategies.ruff_call import format_configuration, run_ruff, spec_lookup
from repairs.engine.strategies.target_files import edits_since, paths_of, read_sources
from repairs.engine.types import FailureClass, Finding, Proposal


class RuffFormat:
    """`ruff format` on the files of the targets."""

    name: ClassVar[str] = "ruff_format"
    failure_classes: ClassVar[frozenset[FailureClass]] = frozenset({FailureClass.LINT})
    queue: ClassVar[str] = "cpu"
    phase: ClassVar[str] = "patch"
    rank: ClassVar[int] = 80  # last: every other strategy may still move lines

    def treats(self, finding: Finding) -> bool:
        return finding.tool == "ruff-format" and bool(finding.path)

    def propose(self, bench: Bench, targets: Sequence[Finding]) -> Proposal | None:
        before = read_sources(bench.tree, paths_of(targets))
        files: dict[tuple[str, ...], set[str]] = defaultdict(set)
        spec_of = spec_lookup(bench)
        for finding in targets:
            spec = spec_of(finding)
            if finding.path in before:
                files[tuple(format_configuration(spec.command if spec else ()))].add(finding.path)
        for configuration, names in files.items():
            run_ruff(bench, ["format", "--no-cache", "--quiet", *configuration], sorted(names))
        edits = edits_since(bench.tree, before)
        return Proposal(self.name, edits, f"Formatted {len(edits)} files with ruff.") if edits else None
