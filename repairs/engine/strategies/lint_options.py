"""What the linter of the targets wants of a line, read from where the linter reads it."""

import re
from collections.abc import Sequence

from repairs.engine.bench import Bench
from repairs.engine.strategies.codemods.source import Options
from repairs.engine.strategies.ruff_call import lint_configuration, run_ruff, spec_lookup
from repairs.engine.types import Finding

DEFAULT_LINE_LENGTH = 88
_TOLD = re.compile(r"\(\d+ > (\d+)")
_SHOWN = re.compile(r"^linter\.(?:pycodestyle\.max_line_length|line_length) = (\d+)", re.MULTILINE)


def options_of(bench: Bench, targets: Sequence[Finding]) -> Options:
    """Options for the targets; the line length comes from a long-line message, from the command, or from ruff itself."""
    told = [int(match.group(1)) for finding in targets if finding.rule == "E501" and (match := _TOLD.search(finding.message))]
    if told:
        return Options(line_length=min(told))
    finding = next((finding for finding in targets if finding.path), None)
    return Options(line_length=_configured(bench, finding) if finding else DEFAULT_LINE_LENGTH)


def _configured(bench: Bench, finding: Finding) -> int:
    spec = spec_lookup(bench)(finding)
    configuration = lint_configuration(spec.command if spec and spec.tool == "ruff" else ())
    results = run_ruff(bench, ["check", "--show-settings", "--no-cache", *configuration], [finding.path or "."])
    shown = _SHOWN.search(results[0].stdout) if results else None
    return int(shown.group(1)) if shown else DEFAULT_LINE_LENGTH
