"""Which hunks of a patch are needed: each one reverted alone must break something again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from repairs.engine.patches.hunks import hunks_of, with_hunks
from repairs.engine.types import TreeEdits

# Given edits and the files that differ from the whole candidate, the files in which what was mended fails again.
FailsAgain = Callable[[TreeEdits, frozenset[str]], frozenset[str]]


@dataclass(frozen=True)
class Minimised:
    edits: dict[str, bytes | None]
    dropped: int  # hunks that nothing needed
    proven: int  # hunks reverted alone that broke something again
    unproven: int  # hunks not looked at, because the runs were used up


def minimise(base: Mapping[str, bytes | None], edits: TreeEdits, fails_again: FailsAgain, *, per_file: bool, max_runs: int) -> Minimised:
    """Drop every hunk that nothing needs. `base` holds the old content of each edited file.

    With `per_file` (checks that judge each file for itself) one hunk of every file is reverted in the same run; else one at a time.
    """
    kept = {path: set(range(len(hunks_of(base[path], after)))) for path, after in edits.items()}
    todo = {path: sorted(numbers) for path, numbers in kept.items()}
    runs = dropped = proven = 0
    while any(todo.values()) and runs < max_runs:
        turn = _turn(todo, per_file=per_file)
        trial = {path: with_hunks(base[path], edits[path], kept[path] - ({turn[path]} if path in turn else set())) for path in edits}
        again = fails_again(trial, frozenset(turn))
        runs += 1
        for path, number in turn.items():
            if path in again:
                proven += 1
            else:
                kept[path].discard(number)
                dropped += 1
    left = sum(map(len, todo.values()))
    result = {path: with_hunks(base[path], edits[path], kept[path]) for path in edits}
    return Minimised({path: content for path, content in result.items() if content != base[path]}, dropped, proven, left)


def _turn(todo: dict[str, list[int]], *, per_file: bool) -> dict[str, int]:
    """The hunks to revert next: one of each file, or one in all."""
    paths = [path for path, numbers in todo.items() if numbers]
    return {path: todo[path].pop() for path in (paths if per_file else paths[:1])}
