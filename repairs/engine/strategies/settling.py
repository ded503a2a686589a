"""Keeping a rewrite from trading one violation for another.

A rewrite may leave imports unsorted, or a name unused. After it, ruff looks at the files again with the check's own configuration:
rules that count more than before are fixed where ruff can do it safely; a file where one still counts more gets its old content back.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from repairs.engine.bench import Bench
from repairs.engine.strategies.ruff_call import lint_configuration, run_ruff, spec_lookup
from repairs.engine.strategies.target_files import edits_since
from repairs.engine.types import CheckSpec, Finding

Counts = Counter[tuple[str, str]]  # (path, rule)
# Fixing these cannot change what a program does, whoever asks for it.
HARMLESS = frozenset({"I001", "W291", "W293", "W391", "E301", "E302", "E303", "E305", "E306", "F401", "F541", "UP034"})


def settle(bench: Bench, before: Mapping[str, bytes], targets: Sequence[Finding]) -> dict[str, bytes | None]:
    """The edits that the tree now holds against `before`, after files that got worse were mended or put back."""
    changed = [path for path, content in edits_since(bench.tree, before).items() if content is not None]
    spec = _ruff_spec(bench, targets)
    if spec is None or not changed:
        return edits_since(bench.tree, before)
    after = {path: (bench.tree / path).read_bytes() for path in changed}
    _write(bench.tree, {path: before[path] for path in changed})
    allowed = count_violations(bench, spec, changed)
    _write(bench.tree, after)
    for path, rules in _risen(count_violations(bench, spec, changed), allowed).items():
        fixable = sorted(rules & HARMLESS)
        if fixable:
            arguments = ["check", "--fix-only", "--exit-zero", "--no-cache", "--quiet", *lint_configuration(spec.command)]
            run_ruff(bench, [*arguments, "--fixable", ",".join(fixable)], [path])
    for path in _risen(count_violations(bench, spec, changed), allowed):
        _write(bench.tree, {path: before[path]})
    return edits_since(bench.tree, before)


def count_violations(bench: Bench, spec: CheckSpec, files: Sequence[str]) -> Counts:
    """How often each rule fails in each file; suppressed lines are not counted, as the check does not count them."""
    arguments = ["check", "--exit-zero", "--no-cache", "--output-format", "json", *lint_configuration(spec.command)]
    counts: Counts = Counter()
    for result in run_ruff(bench, arguments, files):
        try:
            rows = json.loads(result.stdout)
        except ValueError:
            continue
        counts.update((_relative(bench.tree, row["filename"]), row["code"] or "invalid-syntax") for row in rows)
    return counts


def _ruff_spec(bench: Bench, targets: Sequence[Finding]) -> CheckSpec | None:
    spec_of = spec_lookup(bench)
    specs = [spec_of(finding) for finding in targets if finding.tool == "ruff"]
    return next((spec for spec in specs if spec is not None and spec.tool == "ruff"), None)


def _risen(now: Counts, allowed: Counts) -> dict[str, set[str]]:
    risen: dict[str, set[str]] = {}
    for (path, rule), number in now.items():
        if number > allowed[path, rule]:
            risen.setdefault(path, set()).add(rule)
    return risen


def _relative(tree: Path, name: str) -> str:
    path = Path(name)
    for root in (tree, tree.resolve()):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return name


def _write(tree: Path, contents: Mapping[str, bytes]) -> None:
    for path, content in contents.items():
        (tree / path).write_bytes(content)
