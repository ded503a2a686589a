"""What the parsers of all tools share: limits, paths, and reports of what could not run."""

import sys
from pathlib import Path

from repairs.engine.bench import Bench
from repairs.engine.types import CheckReport, CheckSpec, CheckStatus, CommandResult, FailureClass, Finding, Limits

TAIL = 8000
MAX_FINDINGS = 50_000


def tool_program(name: str, bench: Bench) -> str:
    """The environment's own copy of a tool, since the tree's CI uses that one; else the platform's."""
    own = bench.environment.python.parent / name
    if bench.environment.root is not None and own.is_file():
        return str(own)
    platforms = Path(sys.prefix) / "bin" / name
    return str(platforms) if platforms.is_file() else name


def limits_of(spec: CheckSpec) -> Limits:
    return Limits(seconds=spec.timeout_seconds)


def relative_path(path: str, bench: Bench) -> str:
    """`path`, as a tool printed it, relative to the tree."""
    for root in (bench.tree, bench.tree.resolve()):
        prefix = f"{root}/"
        if path.startswith(prefix):
            return path.removeprefix(prefix)
    return path.removeprefix("./")


def tail_of(result: CommandResult) -> str:
    return (result.stdout[-TAIL:] + ("\n" if result.stdout and result.stderr else "") + result.stderr[-TAIL:])[-TAIL:]


def report_of(
    spec: CheckSpec, result: CommandResult, findings: list[Finding], *, passed_tests: frozenset[str] = frozenset()
) -> CheckReport:
    """Passed when the tool said so and found nothing; findings make it failed; anything else is broken."""
    is_clean = result.is_ok and not findings
    status = CheckStatus.PASSED if is_clean else CheckStatus.FAILED if findings else CheckStatus.BROKEN
    if status is CheckStatus.BROKEN or result.killed:
        return broken(spec, result)
    return CheckReport(
        check=spec.name,
        failure_class=spec.failure_class,
        status=status,
        findings=tuple(findings[:MAX_FINDINGS]),
        passed_tests=passed_tests,
        exit_code=result.exit_code,
        duration_seconds=result.duration_seconds,
        output=tail_of(result),
    )


def broken(spec: CheckSpec, result: CommandResult, reason: str = "") -> CheckReport:
    """The check said nothing that can be believed; one finding tells why, so that nothing is dropped."""
    killed = f"stopped: {result.killed}" if result.killed else ""
    lines = tail_of(result).strip().splitlines()
    message = reason or killed or (lines[-1] if lines else f"exit status {result.exit_code} and no output")
    kind = FailureClass.INFRA if result.killed else FailureClass.UNKNOWN
    finding = Finding(kind, spec.tool, result.killed or "broken", message[:2000])
    return CheckReport(
        check=spec.name,
        failure_class=spec.failure_class,
        status=CheckStatus.BROKEN,
        findings=(finding,),
        exit_code=result.exit_code,
        duration_seconds=result.duration_seconds,
        output=tail_of(result),
    )
