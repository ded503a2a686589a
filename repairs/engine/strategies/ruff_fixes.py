"""Applying ruff's own fixes for exactly the rules and files of the targets.

The selection stays that of the check and `--fixable` narrows what is touched: with a narrower selection the rules that judge
other rules (unused noqa comments) would see a different project.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from repairs.engine.bench import Bench
from repairs.engine.strategies.ruff_call import lint_configuration, run_ruff, spec_lookup
from repairs.engine.strategies.target_files import edits_since, read_sources
from repairs.engine.types import CheckSpec, Finding, TreeEdits

MAX_ROUNDS = 3  # a fix may uncover another one of the same rules
_RULE = re.compile(r"[A-Z]{1,8}[0-9]{1,5}")

# Rules that ruff only reports: asking for their fix would cost an attempt and bring nothing.
REPORTED_ONLY = frozenset(
    {"B008", "B015", "B017", "B018", "B019", "B020", "B023", "B024", "B026", "B027", "B904"}
    | {"E402", "E501", "E721", "E722", "E741", "E742", "E743", "E902", "E999"}
    | {"F402", "F403", "F404", "F405", "F406", "F407", "F811", "F821", "F822", "F823"}
)


def has_fix(finding: Finding) -> bool:
    """Might ruff mend this itself? Cheap: looks at tool and rule only."""
    is_rule = _RULE.fullmatch(finding.rule) is not None and finding.rule not in REPORTED_ONLY
    return finding.tool in {"ruff", "flake8"} and bool(finding.path) and is_rule


def fix_with_ruff(bench: Bench, targets: Sequence[Finding], *, unsafe: bool) -> TreeEdits:
    """Fix in place until nothing moves; the files that changed."""
    before = read_sources(bench.tree, {finding.path for finding in targets if finding.path})
    current = dict(before)
    calls = _calls(bench, targets)
    for _ in range(MAX_ROUNDS):
        for (configuration, rules), files in calls.items():
            wanted = [path for path in files if path in before]
            _fix_once(bench, [*configuration, "--fixable", ",".join(rules)], wanted, unsafe)
        changed = edits_since(bench.tree, current)
        current |= {path: content for path, content in changed.items() if content is not None}
        if not changed:
            break
    return edits_since(bench.tree, before)


def _fix_once(bench: Bench, arguments: Sequence[str], files: Sequence[str], unsafe: bool) -> None:
    mode = "--unsafe-fixes" if unsafe else "--no-unsafe-fixes"
    run_ruff(bench, ["check", "--fix-only", "--exit-zero", "--no-cache", "--quiet", mode, *arguments], files)


def _calls(bench: Bench, targets: Sequence[Finding]) -> Mapping[tuple[tuple[str, ...], tuple[str, ...]], list[str]]:
    """(configuration, rules) -> files, so that files which need the same rules share one call."""
    spec_of = spec_lookup(bench)
    needs: dict[tuple[tuple[str, ...], str], set[str]] = defaultdict(set)
    for finding in targets:
        if finding.path:
            needs[_configuration(spec_of(finding), finding), finding.path].add(finding.rule)
    calls: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (configuration, path), rules in sorted(needs.items()):
        calls[configuration, tuple(sorted(rules))].append(path)
    return calls


def _configuration(spec: CheckSpec | None, finding: Finding) -> tuple[str, ...]:
    if finding.tool == "ruff" and spec is not None:
        return tuple(lint_configuration(spec.command))
    return ("--isolated", "--preview", "--select", finding.rule)
