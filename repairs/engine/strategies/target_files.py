"""Reading the files that targets name, and telling what a strategy changed in them.

A tree is hostile: a finding's path may climb out of it, be a link, a device, or gigabytes. Such a path is read by nobody here.
"""

import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from repairs.engine.types import Finding

MAX_SOURCE_BYTES = 2_000_000


def path_is_inside(path: str) -> bool:
    """Is this a plain relative path that stays below the root of the tree?"""
    pure = PurePosixPath(path)
    return bool(path) and "\0" not in path and not pure.is_absolute() and ".." not in pure.parts and ".git" not in pure.parts


def read_source(tree: Path, path: str) -> bytes | None:
    """Content of a regular file of the tree that is reached through no link; None for anything else or above 2 MB."""
    if not path_is_inside(path):
        return None
    place = tree
    try:
        for part in PurePosixPath(path).parts:
            place = place / part
            mode = place.lstat().st_mode
            if stat.S_ISLNK(mode):
                return None
        if not stat.S_ISREG(mode) or place.stat().st_size > MAX_SOURCE_BYTES:
            return None
        return place.read_bytes()
    except (OSError, ValueError, UnboundLocalError):
        return None


def read_sources(tree: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Every readable one of `paths`, in sorted order."""
    contents = ((path, read_source(tree, path)) for path in sorted(set(paths)))
    return {path: content for path, content in contents if content is not None}


def edits_since(tree: Path, before: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """Files of `before` whose content in the tree is another one now."""
    after = read_sources(tree, before)
    return {path: content for path, content in after.items() if content != before[path]}


def paths_of(targets: Sequence[Finding]) -> list[str]:
    """The distinct paths of the targets, sorted."""
    return sorted({finding.path for finding in targets if finding.path})
