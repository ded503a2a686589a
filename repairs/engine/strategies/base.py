"""The one interface of every strategy."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from repairs.engine.bench import Bench
from repairs.engine.types import FailureClass, Finding, Proposal


class Strategy(Protocol):
    """A way to mend findings.

    `treats` is asked for every failing finding and must be cheap and pure. `propose` gets a bench whose tree it may write as it
    likes and the findings it is to mend (a subset of those it treats: when a proposal broke something, the office asks again with
    fewer, so the result must depend on `targets`). It returns None when it finds nothing to change. It never raises for hostile input.
    """

    name: ClassVar[str]
    failure_classes: ClassVar[frozenset[FailureClass]]
    queue: ClassVar[str]  # cpu, io or llm
    phase: ClassVar[str]  # retry, patch, re-plan or rollback
    rank: ClassVar[int]  # lower is tried first within a class

    def treats(self, finding: Finding) -> bool: ...

    def propose(self, bench: Bench, targets: Sequence[Finding]) -> Proposal | None: ...
