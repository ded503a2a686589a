"""The words of the bench: plain frozen values, shared by every room of the engine."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any


class FailureClass(StrEnum):
    """Kind of failure; one circuit breaker per tenant and member."""

    LINT = "lint"
    TYPECHECK = "typecheck"
    TEST = "test"
    SYNTAX = "syntax"
    DEPENDENCY = "dependency"
    SECURITY = "security"
    RUNTIME = "runtime"
    INFRA = "infra"
    UNKNOWN = "unknown"


class CheckStatus(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"  # could not run at all: a missing tool, a time-out, a crash of the tool


_VOLATILE = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"(?:/[\w.+-]+){2,}"), "/…"),
    (re.compile(r"\b\d+(?:\.\d+)?\b"), "0"),
    (re.compile(r"\s+"), " "),
)


def normalise_message(message: str) -> str:
    """Strip what differs between two sightings of one mistake: addresses, paths, numbers, white space."""
    for pattern, replacement in _VOLATILE:
        message = pattern.sub(replacement, message)
    return message.strip()[:400]


@dataclass(frozen=True, slots=False)
class Finding:
    """One complaint of one tool about one place."""

    failure_class: FailureClass
    tool: str  # "ruff", "mypy", "pytest", …
    rule: str  # "F401", "attr-defined", "AssertionError"; the tool's own word
    message: str
    path: str | None = None  # POSIX, relative to the root of the tree
    line: int | None = None  # 1-based
    column: int | None = None  # 1-based
    test_id: str | None = None  # pytest node id, for class test only

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits of class, tool, rule and normalised message; the same mistake anywhere is the same print."""
        text = "\0".join((self.failure_class, self.tool, self.rule, normalise_message(self.message)))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        names = ("failure_class", "tool", "rule", "message", "path", "line", "column", "test_id")
        return {name: getattr(self, name) for name in names} | {"fingerprint": self.fingerprint}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Finding":
        values = {key: value for key, value in row.items() if key != "fingerprint"}
        return cls(**values | {"failure_class": FailureClass(row["failure_class"])})


@dataclass(frozen=True)
class CheckSpec:
    """One check of a tree, as detected or as configured."""

    name: str
    failure_class: FailureClass
    tool: str  # key of the check registry: compile, ruff, ruff-format, mypy, pytest, unittest, bandit, imports, requirements, command
    command: tuple[str, ...] = ()  # argv that replaces the tool's own call; needed when tool == "command"
    fix_command: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()  # what it looks at; empty: the whole tree
    timeout_seconds: float = 600.0

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "failure_class": self.failure_class.value,
            "tool": self.tool,
            "command": list(self.command),
            "fix_command": list(self.fix_command),
            "paths": list(self.paths),
            "timeout_seconds": self.timeout_seconds,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "CheckSpec":
        return cls(
            name=row["name"],
            failure_class=FailureClass(row["failure_class"]),
            tool=row["tool"],
            command=tuple(row["command"]),
            fix_command=tuple(row["fix_command"]),
            paths=tuple(row["paths"]),
            timeout_seconds=row["timeout_seconds"],
        )


@dataclass(frozen=True)
class EnvironmentSpec:
    """What the tree's own code needs to run."""

    python: str | None = None  # "3.11"; None: the interpreter of the platform
    requirement_files: tuple[str, ...] = ()  # relative to the tree
    requirements: tuple[str, ...] = ()  # PEP 508 lines
    install_tree: bool = False  # is the tree itself installed (editable)?
    extras: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()  # environment variables of the checks

    @property
    def is_empty(self) -> bool:
        return not (self.python or self.requirement_files or self.requirements or self.install_tree)

    def to_json(self) -> dict[str, Any]:
        return {
            "python": self.python,
            "requirement_files": list(self.requirement_files),
            "requirements": list(self.requirements),
            "install_tree": self.install_tree,
            "extras": list(self.extras),
            "variables": [list(pair) for pair in self.variables],
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "EnvironmentSpec":
        return cls(
            python=row["python"],
            requirement_files=tuple(row["requirement_files"]),
            requirements=tuple(row["requirements"]),
            install_tree=row["install_tree"],
            extras=tuple(row["extras"]),
            variables=tuple((k, v) for k, v in row["variables"]),
        )


@dataclass(frozen=True)
class Project:
    """How a tree is checked and what may be touched: detected from the tree, overridden by its configuration."""

    checks: tuple[CheckSpec, ...]
    environment: EnvironmentSpec = EnvironmentSpec()
    protected_paths: tuple[str, ...] = ()  # gitignore-style globs, added to the built-in ones
    allowed_paths: tuple[str, ...] = ()  # when given, nothing else may change
    max_changed_lines: int = 20_000
    max_changed_files: int = 500

    def check(self, name: str) -> CheckSpec:
        return next(spec for spec in self.checks if spec.name == name)

    def to_json(self) -> dict[str, Any]:
        return {
            "checks": [spec.to_json() for spec in self.checks],
            "environment": self.environment.to_json(),
            "protected_paths": list(self.protected_paths),
            "allowed_paths": list(self.allowed_paths),
            "max_changed_lines": self.max_changed_lines,
            "max_changed_files": self.max_changed_files,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Project":
        return cls(
            checks=tuple(CheckSpec.from_json(spec) for spec in row["checks"]),
            environment=EnvironmentSpec.from_json(row["environment"]),
            protected_paths=tuple(row["protected_paths"]),
            allowed_paths=tuple(row["allowed_paths"]),
            max_changed_lines=row["max_changed_lines"],
            max_changed_files=row["max_changed_files"],
        )


@dataclass(frozen=True)
class CheckReport:
    """What one check said of one tree."""

    check: str  # CheckSpec.name
    failure_class: FailureClass
    status: CheckStatus
    findings: tuple[Finding, ...] = ()
    passed_tests: frozenset[str] = frozenset()  # test ids; only checks of tests fill it
    exit_code: int | None = None
    duration_seconds: float = 0.0
    output: str = ""  # tail of what the tool printed, for people

    @property
    def is_green(self) -> bool:
        return self.status is CheckStatus.PASSED

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "failure_class": self.failure_class.value,
            "status": self.status.value,
            "findings": [finding.to_json() for finding in self.findings],
            "passed_tests": sorted(self.passed_tests),
            "exit_code": self.exit_code,
            "duration_seconds": self.duration_seconds,
            "output": self.output,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "CheckReport":
        return cls(
            check=row["check"],
            failure_class=FailureClass(row["failure_class"]),
            status=CheckStatus(row["status"]),
            findings=tuple(Finding.from_json(finding) for finding in row["findings"]),
            passed_tests=frozenset(row["passed_tests"]),
            exit_code=row["exit_code"],
            duration_seconds=row["duration_seconds"],
            output=row["output"],
        )


@dataclass(frozen=True)
class TreeReport:
    """Every check's report on one tree."""

    reports: tuple[CheckReport, ...]

    @property
    def is_green(self) -> bool:
        return all(report.is_green for report in self.reports)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for report in self.reports for finding in report.findings)

    def report(self, check: str) -> CheckReport | None:
        return next((report for report in self.reports if report.check == check), None)


# Path relative to the tree (POSIX) -> the file's new content, or None when it is deleted.
TreeEdits = Mapping[str, bytes | None]


@dataclass(frozen=True)
class Proposal:
    """What a strategy would change, and why; nothing is believed of it until it is judged."""

    strategy: str
    edits: TreeEdits
    summary: str  # one sentence for a person


class VerdictKind(StrEnum):
    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"  # nothing that failed was mended
    REGRESSED = "regressed"  # something that passed fails now
    UNSAFE = "unsafe"  # the patch bought its green


@dataclass(frozen=True)
class Proof:
    """The four answers of the proof of fix, each with the sentences that explain it."""

    f2p: bool | None = None  # None: not reached, because an earlier answer was no
    p2p: bool | None = None
    integrity: bool | None = None
    necessity: bool | None = None
    reasons: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return bool(self.f2p and self.p2p and self.integrity and self.necessity)


@dataclass(frozen=True)
class Verdict:
    kind: VerdictKind
    proof: Proof
    resolved: tuple[Finding, ...] = ()  # targeted findings that are gone
    remaining: tuple[Finding, ...] = ()  # targeted findings that are still there
    regressions: tuple[str, ...] = ()  # test ids, or "check rule: 3 -> 4"


@dataclass(frozen=True)
class Limits:
    """What one sandboxed command may use."""

    seconds: float = 600.0  # wall clock; CPU time is limited to the same
    memory_bytes: int = 4 * 1024**3
    processes: int = 256
    output_bytes: int = 16 * 1024**2  # standard output and error together
    disk_bytes: int = 2 * 1024**3  # everything it may write


@dataclass(frozen=True)
class CommandResult:
    """The end of one sandboxed command."""

    argv: tuple[str, ...]
    exit_code: int | None  # None: killed; negative: ended by that signal
    stdout: str = ""
    stderr: str = ""
    duration_seconds: float = 0.0
    killed: str | None = None  # "timeout", "output", "disk", "memory", "cancelled"
    is_truncated: bool = False

    @property
    def is_ok(self) -> bool:
        return self.exit_code == 0 and self.killed is None


@dataclass(frozen=True)
class Attempted:
    """One line of a run's history, as the planner sees it."""

    strategy: str
    failure_class: FailureClass
    targets: frozenset[str]  # fingerprints it went for
    verdict: VerdictKind | None  # None: nothing was proposed
    patch_digest: str | None = None
    check_signature: str = ""  # digest of the failing set it started from


@dataclass(frozen=True)
class Considered:
    """A choice the planner weighed, and why it took or left it."""

    option: str
    chosen: bool
    reason: str


@dataclass(frozen=True)
class Step:
    """What to do next; the planner decides it, the office acts on it."""

    considered: tuple[Considered, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Attempt(Step):
    strategy: str
    failure_class: FailureClass
    targets: tuple[Finding, ...]
    queue: str = "cpu"
    phase: str = "patch"


@dataclass(frozen=True)
class Finish(Step):
    outcome: str  # clean, repaired, flaky, unrepaired, exhausted, blocked
    reason: str


def findings_signature(findings: Iterable[Finding]) -> str:
    """Digest of a failing set; equal signatures mean that nothing moved."""
    lines = sorted(f"{finding.fingerprint}\0{finding.path}\0{finding.test_id}" for finding in findings)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:16]
