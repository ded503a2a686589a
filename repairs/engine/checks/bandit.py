"""bandit with the tree's own configuration."""

import json
import tomllib

from repairs.engine.bench import Bench
from repairs.engine.checks.base import broken, limits_of, relative_path, report_of, tool_program
from repairs.engine.types import CheckReport, CheckSpec, Finding


def check_bandit(spec: CheckSpec, bench: Bench) -> CheckReport:
    result = bench.run(_argv(spec, bench), limits=limits_of(spec))
    start = result.stdout.find("{")
    try:
        rows = json.loads(result.stdout[start:])["results"] if start >= 0 and not result.killed else None
    except (ValueError, KeyError):
        rows = None
    if rows is None:
        return broken(spec, result)
    return report_of(spec, result, [_finding(row, bench, spec) for row in rows])


def _argv(spec: CheckSpec, bench: Bench) -> list[str]:
    words = list(spec.command)
    if words and words[0].split("==")[0] == "bandit":
        words = words[1:]
    words = words or ["-r", *(spec.paths or (".",)), *_configuration(bench)]
    return [tool_program("bandit", bench), *words, "-f", "json", "-q"]


def _configuration(bench: Bench) -> list[str]:
    """bandit reads `.bandit` by itself, but pyproject.toml only when told."""
    try:
        table = tomllib.loads((bench.tree / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return ["-c", "pyproject.toml"] if "bandit" in table.get("tool", {}) else []


def _finding(row: dict[str, object], bench: Bench, spec: CheckSpec) -> Finding:
    line, column = row["line_number"], row.get("col_offset")
    path = relative_path(str(row["filename"]), bench)
    number = column + 1 if isinstance(column, int) else None
    return Finding(
        spec.failure_class, "bandit", str(row["test_id"]), str(row["issue_text"]), path, line if isinstance(line, int) else None, number
    )
