"""Files that do not compile, mended: conflict markers, and small syntax errors."""

import codecs
from collections.abc import Mapping
from typing import Any

from repairs.engine.strategies.codemods.conflicts import resolve_conflicts
from repairs.engine.strategies.codemods.sense import error_in
from repairs.engine.strategies.codemods.source import Options, Place
from repairs.engine.strategies.codemods.syntax_search import mend_syntax

_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def resolve_file(
    path: str, content: bytes, _other: bytes, places: list[Place], options: Options, context: Mapping[str, Any], notes: list[str]
) -> bytes:
    """The file without conflict markers; unchanged when one of its conflicts is ambiguous."""
    text, newline = _read(content)
    resolved = resolve_conflicts(text, is_python=path.endswith((".py", ".pyi")))
    return content if resolved is None else _written(resolved, newline)


def mend_file(
    path: str, content: bytes, _other: bytes, places: list[Place], options: Options, context: Mapping[str, Any], notes: list[str]
) -> bytes:
    """The file made to compile; unchanged when no believable change does it."""
    text, newline = _read(content)
    if error_in(text) is None:
        # The text compiles, so its bytes were the error: an encoding that was not declared, a mark in the wrong place.
        return content if _compiles(content) else _written(text, newline)
    mended = mend_syntax(text)
    return content if mended is None else _written(mended, newline)


def _compiles(content: bytes) -> bool:
    try:
        compile(content, "file", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _read(content: bytes) -> tuple[str, str]:
    """Text with plain line ends, and the line end the file uses. Raises UnicodeDecodeError for what is no text."""
    newline = "\r\n" if b"\r\n" in content else "\n"
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding).replace("\r\n", "\n"), newline
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    return text.replace("\r\n", "\n").replace("\r", "\n"), newline


def _written(text: str, newline: str) -> bytes:
    return text.replace("\n", newline).encode("utf-8")
