"""`ruff check` with the tree's own configuration."""

import json

from repairs.engine.bench import Bench
from repairs.engine.checks.base import broken, limits_of, relative_path, report_of, tool_program
from repairs.engine.types import CheckReport, CheckSpec, FailureClass, Finding

MACHINE = ("--output-format", "json", "--force-exclude", "--no-cache")


def check_ruff(spec: CheckSpec, bench: Bench) -> CheckReport:
    result = bench.run(_argv(spec, bench), limits=limits_of(spec))
    try:
        rows = json.loads(result.stdout or "[]") if not result.killed and result.exit_code in (0, 1) else None
    except ValueError:
        rows = None
    if rows is None:
        return broken(spec, result)
    return report_of(spec, result, [_finding(row, bench, spec) for row in rows])


def _argv(spec: CheckSpec, bench: Bench) -> list[str]:
    """A configured call keeps its arguments; its program is ours or the environment's."""
    words = list(spec.command)
    if words and words[0].split("==")[0] == "ruff":
        words = words[1:]
    if words and words[0] == "check":
        words = words[1:]
    paths = [] if spec.command else list(spec.paths or (".",))
    return [tool_program("ruff", bench), "check", *words, *paths, *MACHINE]


def _finding(row: dict[str, object], bench: Bench, spec: CheckSpec) -> Finding:
    location = row.get("location") or {}
    assert isinstance(location, dict)
    code = str(row.get("code") or "invalid-syntax")
    kind = FailureClass.SYNTAX if code in ("invalid-syntax", "E999") else spec.failure_class
    path = relative_path(str(row["filename"]), bench)
    return Finding(kind, "ruff", code, str(row["message"]), path, location.get("row"), location.get("column"))
