"""What to try next: the only place that decides.

Classes are taken in the order in which one hides another: a file that does not parse fails every other check, a missing
dependency fails the tests, and so on. Within a class all strategies that treat its findings go as one chain, in order of rank,
because every accepted patch costs a full round of checks.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from repairs.engine.strategies.base import Strategy
from repairs.engine.strategies.chain import CHAIN_SEPARATOR
from repairs.engine.types import (
    Attempt,
    Attempted,
    Considered,
    FailureClass,
    Finding,
    Finish,
    Step,
    TreeReport,
    VerdictKind,
    findings_signature,
)

CLASS_ORDER = (
    FailureClass.SYNTAX,
    FailureClass.DEPENDENCY,
    FailureClass.SECURITY,
    FailureClass.TYPECHECK,
    FailureClass.LINT,
    FailureClass.TEST,
    FailureClass.RUNTIME,
    FailureClass.INFRA,
    FailureClass.UNKNOWN,
)
# The older engine: one retry and the tools' own autofix, nothing else.
CONTROL_STRATEGIES = frozenset({"retry", "ruff_fix", "ruff_format", "fix_command"})
MAX_ROUNDS_PER_CLASS = 3


@dataclass(frozen=True)
class Room:
    """What a run may still spend, and what it may not touch."""

    attempts_left: int
    seconds_left: float
    closed_classes: frozenset[FailureClass] = frozenset()  # their breaker is open
    engine: str = "v4"


def next_step(report: TreeReport, history: Sequence[Attempted], room: Room, strategies: Collection[Strategy]) -> Step:
    """The next attempt, or the end. Pure: the same arguments give the same step."""
    accepted = any(line.verdict is VerdictKind.ACCEPTED for line in history)
    if report.is_green:
        return _green(history, accepted=accepted)
    if room.attempts_left < 1 or room.seconds_left <= 0:
        spent = "attempts" if room.attempts_left < 1 else "seconds"
        return Finish(outcome="exhausted", reason=f"The budget of {spent} is used up.")
    considered: list[Considered] = []
    attempt = next(_attempts(report, history, room, strategies, considered), None)
    if attempt is not None:
        return attempt
    blocked = [kind for kind in room.closed_classes if any(finding.failure_class is kind for finding in report.findings)]
    if blocked and not accepted:
        return Finish(
            outcome="blocked", reason=f"The circuit breaker of {', '.join(sorted(blocked))} is open.", considered=tuple(considered)
        )
    return Finish(outcome="unrepaired", reason=_left(report), considered=tuple(considered))


def _green(history: Sequence[Attempted], *, accepted: bool) -> Finish:
    if accepted:
        return Finish(outcome="repaired", reason="Every check passes; the patch is proven.")
    if history:
        return Finish(outcome="flaky", reason="What failed passed when it was run again; nothing was repaired.")
    return Finish(outcome="clean", reason="Every check passes; there is nothing to repair.")


def _left(report: TreeReport) -> str:
    counts: dict[str, int] = {}
    for finding in report.findings:
        counts[finding.failure_class] = counts.get(finding.failure_class, 0) + 1
    left = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "checks that could not run"
    return f"Nothing is left to try for: {left}."


def _attempts(
    report: TreeReport, history: Sequence[Attempted], room: Room, strategies: Collection[Strategy], considered: list[Considered]
) -> Iterator[Attempt]:
    """The attempts that make sense, best first; what is passed over is noted in `considered`."""
    for phase in ("retry", "patch"):
        for kind in CLASS_ORDER:
            failing = [finding for finding in report.findings if finding.failure_class is kind]
            chains = _chains(kind, phase, failing, room, strategies, considered) if failing else []
            for members in chains:
                attempt = _attempt(kind, phase, members, failing, history, considered)
                if attempt is not None:
                    yield attempt


def _chains(
    kind: FailureClass, phase: str, failing: Sequence[Finding], room: Room, strategies: Collection[Strategy], considered: list[Considered]
) -> list[list[Strategy]]:
    """The strategies that treat something here, by rank, one chain a queue."""
    able = [strategy for strategy in strategies if strategy.phase == phase and kind in strategy.failure_classes]
    able = [strategy for strategy in able if room.engine != "control" or strategy.name in CONTROL_STRATEGIES]
    able = sorted((strategy for strategy in able if any(map(strategy.treats, failing))), key=lambda strategy: strategy.rank)
    if not able:
        if phase == "patch":
            considered.append(Considered(kind, False, f"no strategy treats its {len(failing)} findings"))
        return []
    if kind in room.closed_classes:
        considered.append(Considered(kind, False, "its circuit breaker is open"))
        return []
    queues = dict.fromkeys(strategy.queue for strategy in able)
    return [[strategy for strategy in able if strategy.queue == queue] for queue in queues]


def _attempt(
    kind: FailureClass,
    phase: str,
    members: Sequence[Strategy],
    failing: Sequence[Finding],
    history: Sequence[Attempted],
    considered: list[Considered],
) -> Attempt | None:
    name = CHAIN_SEPARATOR.join(strategy.name for strategy in members)
    targets = tuple(finding for finding in failing if any(strategy.treats(finding) for strategy in members))
    refusal = _refusal(name, kind, phase, targets, history)
    if refusal:
        considered.append(Considered(f"{kind}: {name}", False, refusal))
        return None
    considered.append(Considered(f"{kind}: {name}", True, f"it treats {len(targets)} of {len(failing)} findings"))
    return Attempt(strategy=name, failure_class=kind, targets=targets, queue=members[0].queue, phase=phase, considered=tuple(considered))


def _refusal(name: str, kind: FailureClass, phase: str, targets: Sequence[Finding], history: Sequence[Attempted]) -> str:
    """Why not; empty when nothing speaks against it."""
    signature = findings_signature(targets)
    if phase == "retry" and any(line.strategy == name for line in history):
        return "a retry already told flaky from real"
    if any(line.strategy == name and line.check_signature == signature for line in history):
        return "it was tried on exactly these findings"
    if sum(line.failure_class is kind and line.strategy == name for line in history) >= MAX_ROUNDS_PER_CLASS:
        return f"it was tried {MAX_ROUNDS_PER_CLASS} times"
    return ""
