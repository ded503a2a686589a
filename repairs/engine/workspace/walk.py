"""Walks over folders that a hostile command may have written: by directory descriptor, never through a symbolic link."""

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from repairs.engine.workspace.errors import WorkspaceError

MAX_DEPTH = 128  # one open descriptor a level; deeper trees go to programs that can leave and come back
_OPEN_DIR = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
ENTRY_BYTES = 1024  # what an entry costs besides its blocks, so a million empty files are not free


class TooDeep(WorkspaceError):
    def __init__(self, path: Path) -> None:
        super().__init__("tree_too_deep", f"{path.name} nests more than {MAX_DEPTH} folders.", "Flatten the tree.")


Visit = Callable[[int, str, os.stat_result], None]  # (descriptor of the folder, name, lstat of the entry)


def walk_entries(root: Path, visit: Visit) -> None:
    """Call `visit` for every entry below `root`, a folder before what it holds; entries that vanish meanwhile are passed over.

    Folders that cannot be opened are visited and not entered. Raises TooDeep beyond MAX_DEPTH, OSError when `root` is no folder.
    """
    descriptor = os.open(root, _OPEN_DIR)
    try:
        _walk_open(root, descriptor, visit, depth=0)
    finally:
        os.close(descriptor)


def _walk_open(root: Path, descriptor: int, visit: Visit, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise TooDeep(root)
    for name, status in list(_entries(descriptor)):
        try:
            visit(descriptor, name, status)
            if not stat.S_ISDIR(status.st_mode):
                continue
            inner = os.open(name, _OPEN_DIR, dir_fd=descriptor)
        except OSError:
            continue
        try:
            _walk_open(root, inner, visit, depth + 1)
        finally:
            os.close(inner)


def _entries(descriptor: int) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(descriptor) as found:
        for entry in found:
            try:
                yield entry.name, entry.stat(follow_symlinks=False)
            except OSError:
                continue


def disk_usage(roots: list[Path], *, stop_above: int) -> int:
    """Bytes on disk below `roots`, hard links counted each time; gives up early once the sum passes `stop_above`.

    A tree too deep to walk counts as over the limit: nothing honest nests like that.
    """
    total = 0

    def add(_descriptor: int, _name: str, status: os.stat_result) -> None:
        nonlocal total
        total += status.st_blocks * 512 + ENTRY_BYTES
        if total > stop_above:
            raise _Enough

    try:
        for root in roots:
            walk_entries(root, add)
    except (_Enough, TooDeep):
        return max(total, stop_above + 1)
    except OSError:
        return total
    return total


class _Enough(Exception):
    pass


def remove_tree(path: Path) -> None:
    """Remove a folder whatever its owner made of it: unreadable, read-only or thousands of folders deep. Never follows a link."""
    if not os.path.lexists(path):
        return
    rm = ["rm", "-rf", "--one-file-system", "--", str(path)]
    subprocess.run(rm, check=False, capture_output=True)
    if os.path.lexists(path):
        subprocess.run(["chmod", "-R", "u+rwX", "--", str(path)], check=False, capture_output=True)
        subprocess.run(rm, check=False, capture_output=True)
