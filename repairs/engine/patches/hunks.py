"""Split a changed file into hunks, and put some of them back."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Hunk:
    """Lines `start` up to `end` (0-based, exclusive) of the old file become `lines`."""

    start: int
    end: int
    lines: tuple[bytes, ...]


def hunks_of(before: bytes | None, after: bytes | None) -> tuple[Hunk, ...]:
    """The separate changes that lead from one content to the other; a new or deleted file is one hunk. Empty when nothing changed."""
    if before == after:
        return ()
    old, new = _lines(before), _lines(after)
    if before is None or after is None:
        return (Hunk(0, len(old), tuple(new)),)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(Hunk(i1, i2, tuple(new[j1:j2])) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal")


def with_hunks(before: bytes | None, after: bytes | None, kept: Collection[int]) -> bytes | None:
    """The old content with only the hunks of these numbers applied."""
    hunks = hunks_of(before, after)
    if len(set(kept)) == len(hunks):
        return after
    if not kept:
        return before
    old, result, position = _lines(before), list[bytes](), 0
    for number, hunk in enumerate(hunks):
        result += old[position : hunk.start]
        result += hunk.lines if number in kept else old[hunk.start : hunk.end]
        position = hunk.end
    return b"".join(result + old[position:])


def _lines(content: bytes | None) -> list[bytes]:
    """By line feed only, as git and diff count lines."""
    parts = (content or b"").split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
