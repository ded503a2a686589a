"""What the resolver said when an environment could not be built, as facts: which package, and why."""

import re
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from repairs.engine.workspace.errors import WorkspaceError


@dataclass(frozen=True)
class RequirementFailure:
    """One requirement that could not be had."""

    package: str  # canonical name; empty when the message names none
    kind: str  # missing, version, conflict, malformed, build, network, python, file, other
    reason: str  # one line of the resolver's own words
    requirement: str = ""  # as written, where known: "idna==99"


class EnvironmentFailed(WorkspaceError):
    """The tree's requirements cannot be installed; `failures` is never empty."""

    def __init__(self, failures: tuple[RequirementFailure, ...], log: str) -> None:
        super().__init__("environment_failed", "; ".join(failure.reason for failure in failures)[:2000])
        self.failures = failures
        self.log = log


_NAME = r"[A-Za-z0-9][\w.-]*"
_SPEC = rf"{_NAME}(?:\[[^\]]*\])?\s*(?:[<>=!~]=?=?\s*[\w.*+!-]+(?:,\s*[<>=!~]=?=?\s*[\w.*+!-]+)*)?"
# kind -> what says so; the first group, where there is one, is the requirement
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("malformed", re.compile(r"Failed to parse: `([^`]+)`")),
    ("malformed", re.compile(r"Couldn't parse requirement in")),
    ("file", re.compile(r"Error parsing included file|failed to read from file|File not found")),
    ("build", re.compile(r"Failed to (?:build|prepare|resolve|install) (?:and )?(?:`([^`]+)`|distributions)")),
    ("build", re.compile(r"Failed to build: `([^`]+)`")),
    ("missing", re.compile(rf"({_NAME}) was not found in the package registry")),
    ("missing", re.compile(rf"({_NAME}) was not found in the provided package locations")),
    ("missing", re.compile(rf"({_NAME}) was not found in the cache")),
    ("version", re.compile(rf"[Tt]here (?:is|are) no versions? of ({_SPEC})")),
    ("version", re.compile(rf"only (?:the following versions of )?({_SPEC}) (?:is|are) available")),
    ("version", re.compile(rf"({_SPEC}) has no (?:usable )?wheels")),
    ("python", re.compile(rf"({_SPEC}) depends on Python|Python(?:>|<|=|~|!)[^ ]* .*not satisfy")),
    ("python", re.compile(r"No interpreter found|interpreter .* not found|does not satisfy Python")),
    ("network", re.compile(r"Failed to (?:fetch|download)[^`]*`([^`]+)`|Git operation failed|[Ee]rror sending request|Could not connect")),
)
_CONFLICT = re.compile(rf"you require ({_SPEC})(?: and (?:you require )?({_SPEC}))?")


def parse_failure(log: str) -> tuple[RequirementFailure, ...]:
    """Read uv's error output. Always returns something: a message nobody knows becomes one failure of kind `other`."""
    error = log[log.find("error:") :] if "error:" in log else log
    head = error.partition("[stdout]")[0].partition("[stderr]")[0]
    flat = " ".join(head.split())
    for kind, pattern in _PATTERNS:
        found = list(pattern.finditer(flat))
        if found:
            return tuple(dict.fromkeys(_failure(kind, _group(match), flat, error) for match in found))
    if "No solution found" in flat:
        return _conflicts(flat)
    return (_failure("other", "", flat or "The environment could not be built.", error),)


def _group(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group), "") if match.groups() else ""


def _failure(kind: str, requirement: str, flat: str, error: str) -> RequirementFailure:
    requirement = requirement.strip()
    name = re.match(_NAME, requirement)
    is_place = "://" in requirement or "/" in requirement
    reason = _said(kind, requirement, flat, error)
    package = canonicalize_name(name.group().rstrip(".,-_")) if name and not is_place else ""
    return RequirementFailure(package, kind, reason, requirement.rstrip(".,"))


def _said(kind: str, requirement: str, flat: str, error: str) -> str:
    sentence = flat.removeprefix("error: ").replace("No solution found when resolving dependencies cause: ", "")
    if kind == "build":
        lines = [line.strip() for line in error.splitlines() if line.strip() and not line.lstrip().startswith(("hint:", "cause:"))]
        return f"{requirement or 'A package'} could not be built: {lines[-1] if lines else sentence}"[:400]
    return sentence[:400]


def _conflicts(flat: str) -> tuple[RequirementFailure, ...]:
    names: dict[str, RequirementFailure] = {}
    for match in _CONFLICT.finditer(flat):
        for requirement in filter(None, match.groups()):
            failure = _failure("conflict", requirement, flat, "")
            names.setdefault(failure.package, failure)
    return tuple(names.values()) or (_failure("conflict", "", flat, ""),)
