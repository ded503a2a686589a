"""Running the check again: the only honest answer to a failure that may be chance.

The proposal is always None. The office looks at the phase: it re-runs the check on the unchanged tree, and what turned green is
reported as flaky, never as a repair.
"""

from collections.abc import Sequence
from typing import ClassVar

from repairs.engine.bench import Bench
from repairs.engine.types import FailureClass, Finding, Proposal


class Retry:
    name: ClassVar[str] = "retry"
    failure_classes: ClassVar[frozenset[FailureClass]] = frozenset({FailureClass.TEST, FailureClass.RUNTIME, FailureClass.INFRA})
    queue: ClassVar[str] = "cpu"
    phase: ClassVar[str] = "retry"
    rank: ClassVar[int] = 0

    def treats(self, finding: Finding) -> bool:
        return finding.failure_class in self.failure_classes

    def propose(self, bench: Bench, targets: Sequence[Finding]) -> Proposal | None:
        return None
