"""Trees: frozen into snapshots, kept in a local cache, and laid out as private copies that vanish afterwards."""

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from repairs.engine.workspace.archives import extract
from repairs.engine.workspace.cache import TreeCache
from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.git_source import fetch_tree, listed_files
from repairs.engine.workspace.manifest import MAX_BYTES, MAX_FILES, Snapshot, freeze, link_stays_inside
from repairs.engine.workspace.walk import remove_tree, walk_entries

__all__ = [
    "Snapshot",
    "TreeCache",
    "Workspace",
    "copy_tree",
    "snapshot_archive",
    "snapshot_directory",
    "snapshot_git",
    "tree_read",
    "unpack",
    "workspace_open",
]

# Generated, or of another system, and never part of what is repaired.
_SKIPPED = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox", ".metabuilder"}
)


def snapshot_directory(path: Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> Snapshot:
    """Freeze a local tree: what git would call its files, or else everything but caches and virtual environments.

    Reads only. Links that leave the tree, nested repositories and devices are left out with a note.
    """
    path = path.resolve()
    if not path.is_dir():
        raise WorkspaceError("tree_missing", f"{path.name!r} is no folder.")
    names = listed_files(path)
    if names is None:
        names = _scan(path)
    return freeze(path, names, max_bytes=max_bytes, max_files=max_files)


def snapshot_archive(file: Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> Snapshot:
    """Freeze an archive somebody sent: tar, tar.gz, tar.bz2, tar.xz or zip. Raises WorkspaceError for whatever is odd in it.

    When one folder wraps everything (as in release archives) it is taken off, except in archives that `snapshot_directory` made: there
    it is part of the tree.
    """
    with _temporary_folder() as folder:
        extraction = extract(file, folder, max_bytes=max_bytes, max_files=max_files)
        root = folder
        inside = list(folder.iterdir())
        if not extraction.is_ours and len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink():
            root = inside[0]
        return freeze(root, _scan(root), max_bytes=max_bytes, max_files=max_files)


def snapshot_git(
    url: str,
    ref: str = "",
    *,
    protocols: Sequence[str] = ("https",),
    max_bytes: int = MAX_BYTES,
    max_files: int = MAX_FILES,
    timeout: float = 300.0,
) -> Snapshot:
    """Freeze one commit of a repository, without its submodules. `ref`: a branch, a tag, a full commit id, or empty for HEAD."""
    with _temporary_folder() as folder:
        tree = fetch_tree(url, ref, folder, protocols=protocols, max_bytes=max_bytes, timeout=timeout)
        return freeze(tree, _scan(tree), max_bytes=max_bytes, max_files=max_files)


def unpack(archive: Path, destination: Path, *, max_bytes: int = 4 * MAX_BYTES, max_files: int = 4 * MAX_FILES) -> str:
    """Unpack a snapshot's archive into `destination`, which must be empty or missing; returns the digest of what came out."""
    destination.mkdir(parents=True, exist_ok=True)
    if any(destination.iterdir()):
        raise WorkspaceError("not_empty", f"{destination.name!r} is not empty.")
    return extract(archive, destination, max_bytes=max_bytes, max_files=max_files).digest.hexdigest()


def copy_tree(source: Path, destination: Path) -> tuple[str, ...]:
    """A private, writable copy (shared blocks where the file system can, hard links never); returns notes.

    Links that leave the tree are dropped with a note. `destination` must not exist.
    """
    if destination.exists():
        raise WorkspaceError("not_empty", f"{destination.name!r} exists.")
    command = ["cp", "-R", "-P", "--preserve=mode", "--reflink=auto", "--", str(source), str(destination)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise WorkspaceError("copy_failed", f"The tree could not be copied: {done.stderr.decode('utf-8', 'replace')[-300:]}")
    return _tidy_copy(destination)


def _tidy_copy(root: Path) -> tuple[str, ...]:
    """Make all of a fresh copy writable for its owner and take out links that lead elsewhere."""
    notes: list[str] = []
    root.chmod(root.stat().st_mode | 0o700)
    links: list[Path] = []

    def visit(descriptor: int, name: str, status: os.stat_result) -> None:
        if stat.S_ISLNK(status.st_mode):
            links.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")) / name)  # noqa: PTH115
        elif status.st_mode & 0o600 != 0o600:
            os.chmod(name, stat.S_IMODE(status.st_mode) | (0o700 if stat.S_ISDIR(status.st_mode) else 0o600), dir_fd=descriptor)

    walk_entries(root, visit)
    base = root.resolve()
    for link in links:
        relative = link.relative_to(base).as_posix()
        if not link_stays_inside(relative, os.readlink(link)):  # noqa: PTH115
            link.unlink()
            notes.append(f"{relative!r} is left out: it is a link that leaves the tree.")
    return tuple(notes)


def tree_read(tree: Path, name: str) -> bytes:
    """The content of a file of a tree that hostile code may have written; never through a link, never from outside.

    Raises FileNotFoundError when `name` is missing, no regular file, or would pass a link.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or name.startswith("/"):
        raise FileNotFoundError(name)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(tree, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = os.open(part, flags | os.O_DIRECTORY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        file = os.open(parts[-1], flags, dir_fd=descriptor)
    except OSError as error:
        raise FileNotFoundError(name) from error
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(name)
    with os.fdopen(file, "rb") as content:
        return content.read()


@dataclass(frozen=True)
class Workspace:
    """A private copy of a tree and a scratch folder beside it, both writable."""

    root: Path
    tree: Path
    scratch: Path
    notes: tuple[str, ...] = ()


@contextmanager
def workspace_open(source: Path, *, parent: Path | None = None) -> Iterator[Workspace]:
    """Copy `source` below `parent` (default: the system's temporary folder); all of it is gone afterwards, whatever was done to it."""
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    with _temporary_folder(parent) as root:
        notes = copy_tree(source, root / "tree")
        scratch = root / "scratch"
        scratch.mkdir(mode=0o700)
        yield Workspace(root, root / "tree", scratch, notes)


@contextmanager
def _temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="workspace-", dir=parent)).resolve()
    try:
        yield folder
    finally:
        remove_tree(folder)


def _scan(root: Path) -> list[str]:
    """Every file and link below `root` but those in skipped folders and virtual environments, relative, in no order."""
    found: list[str] = []
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(root / prefix if prefix else root) as entries:
            for entry in entries:
                name = f"{prefix}/{entry.name}" if prefix else entry.name
                if not entry.is_dir(follow_symlinks=False):
                    found.append(name)
                elif entry.name not in _SKIPPED and not (Path(entry.path) / "pyvenv.cfg").exists():
                    waiting.append(name)
    return found
