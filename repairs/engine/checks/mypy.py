"""mypy with the tree's own configuration, against the packages of its environment."""

import re

from repairs.engine.bench import Bench
from repairs.engine.checks.base import broken, limits_of, relative_path, report_of, tool_program
from repairs.engine.types import CheckReport, CheckSpec, FailureClass, Finding

MACHINE = ("--show-error-codes", "--show-column-numbers", "--no-color-output", "--no-error-summary", "--no-pretty", "--hide-error-context")
_LINE = re.compile(
    r"^(?P<path>[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<kind>error|note): (?P<message>.*?)(?:  \[(?P<rule>[\w-]+)\])?$"
)


def check_mypy(spec: CheckSpec, bench: Bench) -> CheckReport:
    result = bench.run(_argv(spec, bench), limits=limits_of(spec))
    findings = [
        _finding(match, bench, spec) for line in result.stdout.splitlines() if (match := _LINE.match(line)) and match["kind"] == "error"
    ]
    if result.killed or result.exit_code not in (0, 1) and not findings:
        return broken(spec, result)
    return report_of(spec, result, findings)


def _argv(spec: CheckSpec, bench: Bench) -> list[str]:
    words = list(spec.command)
    if words and words[0].split("==")[0] == "mypy":
        words = words[1:]
    words = words or list(spec.paths)
    return [
        tool_program("mypy", bench),
        *words,
        *MACHINE,
        "--cache-dir",
        str(bench.scratch / "mypy"),
        "--python-executable",
        str(bench.environment.python),
    ]


def _finding(match: re.Match[str], bench: Bench, spec: CheckSpec) -> Finding:
    rule = match["rule"] or "misc"
    kind = FailureClass.SYNTAX if rule == "syntax" else spec.failure_class
    column = match["column"]
    return Finding(
        kind, "mypy", rule, match["message"], relative_path(match["path"], bench), int(match["line"]), int(column) if column else None
    )
