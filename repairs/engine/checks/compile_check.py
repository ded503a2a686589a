"""Does every Python file of the tree compile?"""

import json
from pathlib import Path

from repairs.engine.bench import Bench
from repairs.engine.checks.base import broken, limits_of, relative_path, report_of
from repairs.engine.types import CheckReport, CheckSpec, CommandResult, Finding

SCRIPT = Path(__file__).parent / "scripts" / "compile_tree.py"


def check_compile(spec: CheckSpec, bench: Bench) -> CheckReport:
    # The script's text goes through standard input: nothing of the platform's code has to be readable in the sandbox.
    argv = [str(bench.environment.python), "-I", "-", *(spec.paths or (".",))]
    result = bench.run(argv, limits=limits_of(spec), stdin=SCRIPT.read_bytes())
    rows = _rows(result)
    if not rows or "compiled" not in rows[-1]:
        return broken(spec, result)
    return report_of(spec, result, [_finding(row, bench, spec) for row in rows[:-1]])


def _rows(result: CommandResult) -> list[dict[str, object]]:
    try:
        return [json.loads(line) for line in result.stdout.splitlines()]
    except ValueError:
        return []


def _finding(row: dict[str, object], bench: Bench, spec: CheckSpec) -> Finding:
    line, column = row.get("line"), row.get("column")
    path = relative_path(str(row["path"]), bench)
    return Finding(
        spec.failure_class,
        "compile",
        str(row["rule"]),
        str(row["message"]),
        path,
        line if isinstance(line, int) else None,
        column if isinstance(column, int) else None,
    )
