"""One parsed Python file and edits to it by position: what no edit names stays as it was, byte for byte.

Edits are made by position and not by printing a changed tree, because a finding names a position, a patch must be small, and
parsing with `ast` is twenty times faster than a lossless tree on the files of thousands of lines that real projects have.
"""

import ast
import codecs
import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\r|\n")


class Place(NamedTuple):
    """A finding, as the worker needs it."""

    rule: str
    line: int  # 1-based
    column: int  # 1-based, in characters
    message: str


class Edit(NamedTuple):
    """Replace text[start:end]; offsets count characters."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Options:
    """What the check is configured to want."""

    line_length: int = 88


class Source:
    """A file's text with its syntax tree, tokens and offsets. Raises SyntaxError, ValueError or RecursionError when it has none."""

    def __init__(self, content: bytes, path: str) -> None:
        self.path = path
        self.has_bom = content.startswith(codecs.BOM_UTF8)
        self.encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        self.text = content.decode("utf-8" if self.has_bom else self.encoding).removeprefix("\ufeff")
        self.tree = ast.parse(self.text)

    def encode(self, text: str) -> bytes:
        return codecs.BOM_UTF8 * self.has_bom + text.encode("utf-8" if self.has_bom else self.encoding)

    @cached_property
    def newline(self) -> str:
        found = _LINE_END.search(self.text)
        return found.group() if found else "\n"

    @cached_property
    def line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their ends; `lines[n - 1]` is line n."""
        return _LINE_END.split(self.text)

    def offset(self, line: int, column: int) -> int:
        """Offset of a 1-based line and a 0-based column in characters."""
        return self.line_starts[line - 1] + column

    def line_of(self, offset: int) -> int:
        return bisect_right(self.line_starts, offset)

    def start_of(self, node: ast.expr | ast.stmt | ast.ExceptHandler | ast.alias | ast.keyword | ast.arg) -> int:
        return self._byte_offset(node.lineno, node.col_offset)

    def end_of(self, node: ast.expr | ast.stmt | ast.ExceptHandler | ast.alias | ast.keyword | ast.arg) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._byte_offset(node.end_lineno, node.end_col_offset)

    def segment(self, node: ast.expr | ast.stmt) -> str:
        return self.text[self.start_of(node) : self.end_of(node)]

    def _byte_offset(self, line: int, column: int) -> int:
        text = self.lines[line - 1]
        if not text.isascii():
            column = len(text.encode("utf-8")[:column].decode("utf-8", "ignore"))
        return self.line_starts[line - 1] + column

    def indent_of(self, line: int) -> str:
        text = self.lines[line - 1]
        return text[: len(text) - len(text.lstrip(" \t\f"))]

    @cached_property
    def tokens(self) -> list[tokenize.TokenInfo]:
        return list(tokenize.generate_tokens(io.StringIO(self.text, newline="").readline))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def ancestors(self, node: ast.AST) -> Iterable[ast.AST]:
        """From the parent outwards."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    @cached_property
    def docstrings(self) -> frozenset[ast.AST]:
        """The constants that are docstrings."""
        owners = (node for node in self.nodes if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef))
        firsts = [owner.body[0].value for owner in owners if owner.body and isinstance(owner.body[0], ast.Expr)]
        return frozenset(first for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str))

    @cached_property
    def names(self) -> frozenset[str]:
        """Every identifier that occurs anywhere: a name outside it is free to take."""
        return frozenset(re.findall(r"[^\W\d]\w*", self.text))


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; of two that overlap the one that comes first in `edits` is made."""
    taken: list[Edit] = []
    for edit in edits:
        if edit not in taken and all(edit.end <= other.start or other.end <= edit.start for other in taken if edit != other):
            if edit.start == edit.end and any(other.start == edit.start == other.end for other in taken):
                continue
            taken.append(edit)
    for edit in sorted(taken, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def same_meaning(before: ast.AST, after: ast.AST) -> bool:
    """Do two trees compile to the same program? Positions and the `u` of a string do not count."""
    return _dump(before) == _dump(after)


def _dump(tree: ast.AST) -> str:
    return ast.dump(tree).replace(", kind='u'", "")
