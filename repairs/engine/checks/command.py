"""Any other command: its exit status is the verdict, its output is read with patterns that many tools share."""

import re

from repairs.engine.bench import Bench
from repairs.engine.checks.base import TAIL, limits_of, relative_path, report_of, tail_of
from repairs.engine.types import CheckReport, CheckSpec, CommandResult, Finding

_PATTERNS = (
    # tsc: src/a.ts(3,5): error TS2322: message
    re.compile(r"^(?P<path>[^\s(:][^(:\n]*)\((?P<line>\d+),(?P<column>\d+)\): (?:error|warning) (?P<rule>\w+): (?P<message>.+)$"),
    # gcc, flake8, eslint --format unix: path:3:5: CODE message
    re.compile(
        r"^(?P<path>[^\s:][^:\n]*):(?P<line>\d+)(?::(?P<column>\d+))?:? (?:(?:error|warning|note): )?"
        r"(?P<rule>[A-Z]+\d+|[\w@-]+/[\w-]+)?:? ?(?P<message>.+)$"
    ),
)
_ESLINT_FILE = re.compile(r"^(?P<path>/?[\w.@/ -]+\.\w+)$")
_ESLINT_ROW = re.compile(r"^\s+(?P<line>\d+):(?P<column>\d+)\s+(?:error|warning)\s+(?P<message>.+?)\s{2,}(?P<rule>[\w@/-]+)$")
_PRETTIER = re.compile(r"^\[(?:warn|error)\] (?P<path>[\w.@/-]+\.\w+)$")


def check_command(spec: CheckSpec, bench: Bench) -> CheckReport:
    result = bench.run(_argv(spec, bench), limits=limits_of(spec))
    if result.is_ok:
        return report_of(spec, result, [])
    findings = _findings(spec, result, bench) or [_whole(spec, result)]
    return report_of(spec, result, findings)


def _argv(spec: CheckSpec, bench: Bench) -> list[str]:
    words = list(spec.command)
    if words and words[0] in ("python", "python3"):
        words[0] = str(bench.environment.python)
    return words + list(spec.paths)


def _findings(spec: CheckSpec, result: CommandResult, bench: Bench) -> list[Finding]:
    found: list[Finding] = []
    current: str | None = None
    for line in (result.stdout + "\n" + result.stderr).splitlines():
        heading, row, pretty = _ESLINT_FILE.match(line), _ESLINT_ROW.match(line), _PRETTIER.match(line)
        if heading:
            current = relative_path(heading["path"], bench)
        elif row and current:
            found.append(_at(spec, row, current))
        elif pretty:
            found.append(Finding(spec.failure_class, spec.tool, "format", "Would be reformatted.", relative_path(pretty["path"], bench)))
        else:
            match = next((match for pattern in _PATTERNS if (match := pattern.match(line))), None)
            if match:
                found.append(_at(spec, match, relative_path(match["path"], bench)))
    return found


def _at(spec: CheckSpec, match: re.Match[str], path: str) -> Finding:
    row = match.groupdict()
    column = row.get("column")
    return Finding(
        spec.failure_class, spec.tool, row.get("rule") or "error", row["message"], path, int(row["line"]), int(column) if column else None
    )


def _whole(spec: CheckSpec, result: CommandResult) -> Finding:
    """Output that nothing here understands is one finding: never dropped."""
    return Finding(spec.failure_class, spec.tool, f"exit-{result.exit_code}", tail_of(result)[-TAIL:].strip() or "no output")
