"""Do the declared requirements install, and agree with one another?"""

import re
import sys
from pathlib import Path

from repairs.engine.bench import Bench
from repairs.engine.checks.base import broken, limits_of, report_of
from repairs.engine.types import CheckReport, CheckSpec, CommandResult, FailureClass, Finding
from repairs.engine.workspace.resolver import EnvironmentFailed

_CONFLICT = re.compile(r"^The package `(?P<package>[^`]+)` (?P<rest>requires .+)$", re.MULTILINE)


def check_requirements(spec: CheckSpec, bench: Bench) -> CheckReport:
    """Conflicts inside the prepared environment; that it could not be prepared is told by the office (`requirement_findings`)."""
    if bench.environment.root is None:
        return report_of(spec, CommandResult((), 0), [])
    uv = Path(sys.prefix) / "bin" / "uv"
    result = bench.run([str(uv), "pip", "check", "--no-cache", "--python", str(bench.environment.python)], limits=limits_of(spec))
    text = result.stdout + result.stderr
    findings = [
        Finding(spec.failure_class, "requirements", "conflict", f"{match['package']} {match['rest']}") for match in _CONFLICT.finditer(text)
    ]
    if not result.is_ok and not findings:
        return broken(spec, result)
    return report_of(spec, result, findings)


def requirement_findings(failure: EnvironmentFailed) -> tuple[Finding, ...]:
    """What the resolver or a build said, one finding a failure; never none."""
    found = tuple(
        Finding(FailureClass.DEPENDENCY, "requirements", row.kind, f"{row.requirement}: {row.reason}"[:4000]) for row in failure.failures
    )
    return found or (Finding(FailureClass.DEPENDENCY, "requirements", "unresolvable", failure.log[-4000:] or str(failure)),)
