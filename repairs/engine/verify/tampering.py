"""One way in which a patch weakens what is checked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tampering:
    kind: str  # test_removed, assertion_dropped, suppression_added, configuration_loosened, …
    path: str
    line: int | None
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.path}:{self.line or ''} {self.detail}"
