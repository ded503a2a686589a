"""Edits: whole new contents of changed files, by path; applied, compared, merged and serialised."""

import base64
import hashlib
import json
from pathlib import Path, PurePosixPath

from repairs.engine.types import TreeEdits


class EditRefused(ValueError):
    """An edit that would reach outside the tree, or through a link."""


def edits_apply(tree: Path, edits: TreeEdits) -> None:
    """Write the edits into `tree`, keeping each file's mode. Raises EditRefused for a path that leaves it; then nothing is written."""
    targets = {path: _target(tree, path) for path in edits}
    for path, content in edits.items():
        target = targets[path]
        if content is None:
            target.unlink(missing_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _target(tree: Path, path: str) -> Path:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts or "\0" in path or ".git" in parts.parts:
        raise EditRefused(f"{path!r} is not a path inside the tree")
    place = tree
    for part in parts.parts:
        place = place / part
        if place.is_symlink():
            raise EditRefused(f"{path!r} goes through a link")
    return place


def edits_merge(first: TreeEdits, second: TreeEdits) -> dict[str, bytes | None]:
    """Both, the second on top."""
    return {**first, **second}


def edits_digest(edits: TreeEdits) -> str:
    """SHA-256 of the serialised edits, in hex."""
    return hashlib.sha256(edits_to_bytes(edits)).hexdigest()


def edits_to_bytes(edits: TreeEdits) -> bytes:
    """JSON with base 64 contents; equal edits give equal bytes."""
    rows = {path: None if content is None else base64.b64encode(content).decode() for path, content in edits.items()}
    return json.dumps(rows, sort_keys=True).encode("utf-8", "surrogateescape")


def edits_from_bytes(text: bytes) -> dict[str, bytes | None]:
    rows = json.loads(text.decode("utf-8", "surrogateescape"))
    return {path: None if content is None else base64.b64decode(content) for path, content in rows.items()}
