"""Render edits as the unified diff that `git apply` takes."""

import difflib
from pathlib import Path

from repairs.engine.types import TreeEdits

NO_NEWLINE = "\\ No newline at end of file\n"
_PLAIN = frozenset(range(0x20, 0x7F)) - {ord('"'), ord("\\")}


def render_diff(before_tree: Path, edits: TreeEdits) -> str:
    """One git-style diff over all edits, in order of path. Bytes that are no UTF-8 are kept as surrogate escapes."""
    return "".join(_file_diff(path, _content(before_tree / path), edits[path], _mode(before_tree / path)) for path in sorted(edits))


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _mode(path: Path) -> str:
    return "100755" if path.is_file() and path.stat().st_mode & 0o100 else "100644"


def _file_diff(path: str, before: bytes | None, after: bytes | None, mode: str) -> str:
    if before == after:
        return ""
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    head = f"diff --git {old} {new}\n"
    head += f"new file mode {mode}\n" if before is None else f"deleted file mode {mode}\n" if after is None else ""
    body = list(
        difflib.unified_diff(_lines(before), _lines(after), "/dev/null" if before is None else old, "/dev/null" if after is None else new)
    )
    return head + "".join(line if line.endswith("\n") else line + "\n" + NO_NEWLINE for line in body)


def _lines(content: bytes | None) -> list[str]:
    text = (content or b"").decode("utf-8", "surrogateescape")
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _quoted(name: str) -> str:
    """A name as git quotes it: plain when it is plain, else in C style."""
    raw = name.encode("utf-8", "surrogateescape")
    if all(byte in _PLAIN for byte in raw):
        return name
    escaped = "".join(chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in raw)
    return f'"{escaped}"'
