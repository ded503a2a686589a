"""Find the parts of a change that break something, and keep the rest."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Group = TypeVar("Group")


def keep_what_holds(groups: Sequence[Group], holds: Callable[[Sequence[Group]], bool], *, max_runs: int) -> list[Group]:
    """The groups that hold together, found by halving: O(k log n) runs of `holds` for k culprits among n groups.

    `groups` as a whole is taken to break something. When the runs are used up, what was not yet looked at is left out.
    """
    runs = 0

    def extend(kept: list[Group], more: Sequence[Group], *, is_known_bad: bool) -> list[Group]:
        nonlocal runs
        if not more or runs >= max_runs:
            return kept
        if not is_known_bad:
            runs += 1
            if holds([*kept, *more]):
                return [*kept, *more]
        if len(more) == 1:
            return kept
        middle = len(more) // 2
        kept = extend(kept, more[:middle], is_known_bad=False)
        return extend(kept, more[middle:], is_known_bad=False)

    return extend([], groups, is_known_bad=True)
