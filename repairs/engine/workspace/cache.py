"""Unpacked snapshots of this machine, shared by its workers: made once, read by all, the longest unused go first."""

import contextlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from repairs.engine.workspace.archives import extract
from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.manifest import MAX_BYTES, MAX_FILES
from repairs.engine.workspace.walk import ENTRY_BYTES, remove_tree, walk_entries

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class TreeCache:
    """Templates below `root`, one a digest; no more than `max_bytes` on disk, except for those used in the last `keep_seconds`."""

    root: Path
    max_bytes: int = 8 * 1024**3
    keep_seconds: float = 3600.0

    def checkout(self, digest: str, fetch: Callable[[], Path]) -> Path:
        """The read-only template of `digest`. When it is not here, `fetch` gives its archive as a file, which is removed after use.

        Two processes may ask at once: both unpack, one wins, both get the same folder. Raises WorkspaceError when the archive holds
        something else than its digest says.
        """
        if not _DIGEST.fullmatch(digest):
            raise WorkspaceError("bad_digest", "The digest of a tree is 64 hex digits.")
        path = self.root / digest[:2] / digest
        if not path.is_dir():
            self._install(digest, fetch(), path)
            self.sweep()
        self._touch(path)
        return path

    def _install(self, digest: str, archive: Path, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        folder = Path(tempfile.mkdtemp(prefix="unpack-", dir=self.root))
        try:
            tree = folder / "tree"
            tree.mkdir(mode=0o755)
            extraction = extract(archive, tree, max_bytes=4 * MAX_BYTES, max_files=4 * MAX_FILES)
            if extraction.digest.hexdigest() != digest:
                raise WorkspaceError("bad_digest", f"The archive of tree {digest[:12]} holds something else.", "Send the tree again.")
            _make_read_only(tree)
            with contextlib.suppress(OSError):  # another process was first
                tree.rename(path)
            self._stamp(path).write_text(str(extraction.size_bytes + extraction.files * ENTRY_BYTES))
            if not path.is_dir():
                raise WorkspaceError("cache_failed", f"The tree {digest[:12]} could not be kept in {self.root.name!r}.")
        finally:
            remove_tree(folder)
            archive.unlink(missing_ok=True)

    def _touch(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            os.utime(self._stamp(path))

    @staticmethod
    def _stamp(path: Path) -> Path:
        return path.with_name(f"{path.name}.used")

    def sweep(self) -> int:
        """Remove the longest unused templates until the rest fits; returns how many went."""
        entries = []
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            if _DIGEST.fullmatch(path.name):
                with contextlib.suppress(OSError, ValueError):
                    stamp = self._stamp(path)
                    entries.append((stamp.stat().st_mtime, path, int(stamp.read_text() or "0")))
        total = sum(size for _, _, size in entries)
        removed = 0
        for used_at, path, size in sorted(entries):
            if total <= self.max_bytes or used_at > time.time() - self.keep_seconds:
                break
            self._remove(path)
            total, removed = total - size, removed + 1
        return removed

    def _remove(self, path: Path) -> None:
        folder = Path(tempfile.mkdtemp(prefix="swept-", dir=self.root))
        with contextlib.suppress(OSError):
            path.rename(folder / "tree")  # at once gone for new readers
            self._stamp(path).unlink(missing_ok=True)
        remove_tree(folder)


def _make_read_only(tree: Path) -> None:
    """Everything below `tree`; the folder itself must stay writable to be renamed by an ordinary user."""

    def visit(descriptor: int, name: str, status: os.stat_result) -> None:
        if not stat.S_ISLNK(status.st_mode):
            os.chmod(name, stat.S_IMODE(status.st_mode) & ~0o222, dir_fd=descriptor)

    walk_entries(tree, visit)
