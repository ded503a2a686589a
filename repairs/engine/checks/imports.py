"""Imports that neither the standard library, nor the tree, nor its environment provides."""

import json
from pathlib import Path

from repairs.engine.bench import Bench
from repairs.engine.checks.base import broken, limits_of, report_of
from repairs.engine.types import CheckReport, CheckSpec, Finding

SCRIPT = Path(__file__).parent / "scripts" / "list_imports.py"
MESSAGES = {
    "missing-import": "Nothing provides the module {module}.",
    "removed-stdlib": "The module {module} is not in the standard library any more.",
}


def check_imports(spec: CheckSpec, bench: Bench) -> CheckReport:
    # -I: neither the tree nor its variables decide what this program imports.
    result = bench.run([str(bench.environment.python), "-I", "-"], limits=limits_of(spec), stdin=SCRIPT.read_bytes())
    try:
        rows = [json.loads(line) for line in result.stdout.splitlines()]
    except ValueError:
        rows = []
    if not rows or "files" not in rows[-1]:
        return broken(spec, result)
    findings = [
        Finding(spec.failure_class, "imports", row["rule"], MESSAGES[row["rule"]].format(**row), row["path"], row["line"], row["column"])
        for row in rows[:-1]
    ]
    return report_of(spec, result, findings)
