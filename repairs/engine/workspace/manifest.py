"""What a tree is: its files and links by name, content and x-bit; the digest of that is its address everywhere."""

import hashlib
import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from repairs.engine.workspace.errors import WorkspaceError

MARK = {"comment": "metabuilder tree 1"}  # says that the archive is one of ours: its top-level folder is part of the tree
MAX_BYTES = 512 * 1024**2
MAX_FILES = 100_000


@dataclass(frozen=True)
class Snapshot:
    """A tree frozen in a file of ours that the caller removes."""

    digest: str  # 64 hex digits over names, contents, links and x-bits; not over times, owners or empty folders
    archive: Path
    files: int
    size_bytes: int  # of the contents
    notes: tuple[str, ...] = ()  # what was left out, and why


class ManifestDigest:
    """Collects entries in any order; `hexdigest` is over them sorted by name."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []

    def add(self, name: str, kind: str, content_digest: str) -> None:
        """`kind`: f for a file, x for an executable one, l for a link (its content is its target)."""
        self._rows.append(b"\0".join((os.fsencode(name), kind.encode(), content_digest.encode())))

    def hexdigest(self) -> str:
        return hashlib.sha256(b"\n".join(sorted(self._rows))).hexdigest()


def link_stays_inside(name: str, target: str) -> bool:
    """Does a link called `name` (relative to the tree) lead to somewhere in the tree, whatever other links it passes?

    Climbing is allowed only at the start of the target and only as far as the root: after that each step goes down, and a link that it
    meets obeys the same rule.
    """
    if not target or target.startswith("/") or "\0" in target:
        return False
    parts = [part for part in target.split("/") if part not in ("", ".")]
    climbs = next((count for count, part in enumerate(parts) if part != ".."), len(parts))
    return ".." not in parts[climbs:] and climbs <= len(PurePosixPath(name).parts) - 1


def freeze(
    root: Path, names: Iterable[str], *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES, notes: Iterable[str] = ()
) -> Snapshot:
    """Write the named files of `root` into a deterministic archive.

    Links that leave the tree, devices and sockets are left out with a note. Raises WorkspaceError when the tree is too large or moves
    while it is read.
    """
    said = list(notes)
    digest = ManifestDigest()
    files = size = 0
    handle, archive = tempfile.mkstemp(prefix="metabuilder-tree-", suffix=".tar")
    try:
        with os.fdopen(handle, "wb") as out, tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers=MARK) as tar:
            for name in sorted(set(names), key=os.fsencode):
                added = _freeze_entry(tar, digest, root, name, said, max_bytes - size)
                if added is None:
                    continue
                files, size = files + 1, size + added
                if files > max_files:
                    raise WorkspaceError("tree_too_large", f"The tree has more than {max_files} files.", "Leave out what is generated.")
    except BaseException:
        Path(archive).unlink(missing_ok=True)
        raise
    return Snapshot(digest.hexdigest(), Path(archive), files, size, tuple(said))


def _freeze_entry(tar: tarfile.TarFile, digest: ManifestDigest, root: Path, name: str, notes: list[str], room: int) -> int | None:
    """Add one entry; its size, or None when it was left out."""
    path = root / name
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return _freeze_link(tar, digest, name, os.readlink(path), notes)  # noqa: PTH115  the text, not a Path that tidies it
        if not stat.S_ISREG(status.st_mode):
            notes.append(
                f"{name!r} is left out: it is no file." if not stat.S_ISDIR(status.st_mode) else f"{name!r} is a nested repository."
            )
            return None
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None  # listed by git and deleted since
    except OSError as error:
        raise WorkspaceError("tree_unreadable", f"{name!r} cannot be read: {error.strerror}.") from error
    with os.fdopen(descriptor, "rb") as content:
        return _freeze_file(tar, digest, name, content, room)


def _freeze_link(tar: tarfile.TarFile, digest: ManifestDigest, name: str, target: str, notes: list[str]) -> int | None:
    if not link_stays_inside(name, target):
        notes.append(f"{name!r} is left out: it is a link that leaves the tree.")
        return None
    info = _entry(name)
    info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
    tar.addfile(info)
    digest.add(name, "l", hashlib.sha256(os.fsencode(target)).hexdigest())
    return 0


def _freeze_file(tar: tarfile.TarFile, digest: ManifestDigest, name: str, content: BinaryIO, room: int) -> int:
    status = os.fstat(content.fileno())
    if status.st_size > room:
        raise WorkspaceError("tree_too_large", f"The tree is larger than allowed (at {name!r}).", "Raise META_V4_SOURCE_MAX_BYTES.")
    info = _entry(name)
    info.size = status.st_size
    is_executable = bool(status.st_mode & 0o100)
    info.mode = 0o755 if is_executable else 0o644
    reader = HashingReader(content)
    try:
        tar.addfile(info, reader)
    except OSError as error:
        raise WorkspaceError("tree_changed", f"{name!r} changed while it was read.", "Try again.") from error
    digest.add(name, "x" if is_executable else "f", reader.hexdigest())
    return status.st_size


def _entry(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mtime = 0
    return info


class HashingReader(io.RawIOBase):
    """Reads on and remembers the SHA-256 of what was read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._sha = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._sha.update(data)
        return data

    def hexdigest(self) -> str:
        return self._sha.hexdigest()
