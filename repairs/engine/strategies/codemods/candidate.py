"""A possible mend of one syntax error, with what it costs to believe in it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Candidate(NamedTuple):
    cost: float  # 0 is a repair nobody would doubt; every doubt adds
    text: str  # the whole new text
    why: str


@dataclass(frozen=True)
class Broken:
    """A text with its first error."""

    text: str
    message: str
    line: int  # 1-based
    column: int  # 0-based, in characters
    end_column: int  # 0-based; the same as column when the compiler gave no range

    @classmethod
    def from_error(cls, text: str, error: SyntaxError) -> "Broken":
        count = text.count("\n") + 1
        line = min(max(error.lineno or 1, 1), count)
        column = max((error.offset or 1) - 1, 0)
        end = (error.end_offset or 0) - 1 if error.end_lineno in (None, error.lineno) else column
        return cls(text, str(error.msg), line, column, max(end, column))

    @cached_property
    def lines(self) -> list[str]:
        """Lines with their ends; `lines[line - 1]` is the line of the error."""
        return self.text.splitlines(keepends=True) or [""]

    @property
    def current(self) -> str:
        return self.lines[min(self.line, len(self.lines)) - 1]

    @property
    def body(self) -> str:
        """The line of the error without its end."""
        return self.current.rstrip("\r\n")

    def with_line(self, number: int, *new: str) -> str:
        """The text with line `number` replaced by the given lines, which lack their ends; none removes it."""
        old = self.lines[number - 1]
        end = old[len(old.rstrip("\r\n")) :] or "\n"
        return "".join([*self.lines[: number - 1], *(line + end for line in new), *self.lines[number:]])

    def inserted(self, number: int, column: int, what: str) -> str:
        line = self.lines[number - 1]
        return "".join([*self.lines[: number - 1], line[:column] + what + line[column:], *self.lines[number:]])

    def indent(self, number: int) -> str:
        found = re.match(r"[ \t]*", self.lines[number - 1]) if 0 < number <= len(self.lines) else None
        return found.group() if found else ""

    def previous(self, number: int) -> int | None:
        """The last line before `number` that holds code."""
        return next(
            (n for n in range(number - 1, 0, -1) if self.lines[n - 1].strip() and not self.lines[n - 1].lstrip().startswith("#")), None
        )


Generator = Callable[[Broken], Iterator[Candidate]]


def code_end(line: str) -> int:
    """Column after the last character of code: before a comment and the white space in front of it. Quotes are respected."""
    quote = ""
    position = 0
    while position < len(line):
        character = line[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == "#":
            return len(line[:position].rstrip())
        position += 1
    return len(line.rstrip())
