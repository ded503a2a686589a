"""pytest through its junit report, which is believed only where it agrees with the exit status."""

import re
from collections.abc import Sequence
from pathlib import Path

from repairs.engine.bench import Bench
from repairs.engine.checks.base import broken, limits_of, report_of
from repairs.engine.checks.junit import Case, JunitUnreadable, read_junit
from repairs.engine.classify.rules import class_of_test_failure
from repairs.engine.types import CheckReport, CheckSpec, CommandResult, Finding

MACHINE = ("-p", "no:cacheprovider", "-o", "junit_family=xunit1", "-q", "--color=no", "--tb=short")
_EXCEPTION = re.compile(r"^(?:E\s+)?(?P<name>[A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt|Failed|Timeout)?)\s*(?::|$)")
NOTHING_RAN = 5


def check_pytest(spec: CheckSpec, bench: Bench) -> CheckReport:
    return _run(spec, bench, list(spec.paths))


def check_tests(spec: CheckSpec, bench: Bench, test_ids: Sequence[str]) -> CheckReport:
    """Only these tests; those that do not exist any more are simply not among the passed."""
    return _run(spec, bench, list(test_ids))


def _run(spec: CheckSpec, bench: Bench, what: list[str]) -> CheckReport:
    report = bench.scratch / "junit.xml"
    report.unlink(missing_ok=True)
    # A tree without an environment of its own is tested with the platform's pytest, but not with the platform's plugins.
    env = {} if bench.environment.root else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    result = bench.run(_argv(spec, bench, what, report), limits=limits_of(spec), env=env)
    if result.exit_code == NOTHING_RAN:
        return broken(spec, result, "pytest found no test.")
    try:
        cases = read_junit(report)
    except JunitUnreadable as error:
        return broken(spec, result, f"{error}; exit status {result.exit_code}. {_last(result)}")
    failed = [case for case in cases if case.outcome in ("failed", "error")]
    if not _agree(result, cases, failed):
        return broken(spec, result, f"The report and the exit status {result.exit_code} contradict each other. {_last(result)}")
    bad = {case.test_id for case in failed}
    passed = frozenset(case.test_id for case in cases if case.outcome == "passed") - bad
    return report_of(spec, result, [_finding(case, spec) for case in failed], passed_tests=passed)


def _argv(spec: CheckSpec, bench: Bench, what: list[str], report: Path) -> list[str]:
    words = list(spec.command)
    if words and words[0] in ("python", "python3"):
        words = words[1:]
    if words[:2] == ["-m", "pytest"]:
        words = words[2:]
    elif words and words[0].split("==")[0] in ("pytest", "py.test"):
        words = words[1:]
    # Some tests instead of all: the configured paths would widen the choice again.
    options = [word for word in words if word.startswith("-")] if what and words else words
    return [str(bench.environment.python), "-m", "pytest", *options, *MACHINE, f"--junitxml={report}", *what]


def _agree(result: CommandResult, cases: list[Case], failed: list[Case]) -> bool:
    """0: all passed and at least one ran; 1, or 2 for a collection error: at least one failed."""
    if result.exit_code == 0:
        return bool(cases) and not failed
    return result.exit_code in (1, 2) and bool(failed)


def _finding(case: Case, spec: CheckSpec) -> Finding:
    rule = _exception(case)
    kind = class_of_test_failure(rule, case.message + "\n" + case.text)
    message = (case.message or case.text.strip().splitlines()[-1] if case.message or case.text.strip() else rule)[:4000]
    return Finding(kind, "pytest", rule, message, case.path or _path_of(case), case.line, None, case.test_id)


def _exception(case: Case) -> str:
    for line in [case.message, *reversed([line for line in case.text.splitlines() if line.startswith("E ")])]:
        match = _EXCEPTION.match(line.strip())
        if match and match["name"][0].isupper() or match and "." in match["name"]:
            return match["name"].rsplit(".", 1)[-1]
    return "AssertionError" if "assert" in case.message else "Failure"


def _path_of(case: Case) -> str | None:
    """A collection error has no file of its own; its class name is the module."""
    head = case.test_id.split("::")[0]
    return head if head.endswith(".py") else None


def _last(result: CommandResult) -> str:
    lines = (result.stdout + result.stderr).strip().splitlines()
    return lines[-1] if lines else ""
