"""Opens archives that strangers made: tar (plain, gz, bz2, xz) and zip. Whatever is odd is refused, by name."""

import bz2
import contextlib
import gzip
import hashlib
import lzma
import os
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.manifest import MARK, ManifestDigest, link_stays_inside

MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_HEADER_BYTES = 255, 4000, 1024**2
MAX_RATIO, RATIO_FREE_BYTES = 1000, 64 * 1024**2
CHUNK = 1024**2
_VERSION_CONTROL = (".git", ".hg", ".svn")


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def refuse(detail: str, hint: str = "") -> WorkspaceError:
    return WorkspaceError("archive_refused", detail, hint)


def _plain(name: str) -> str:
    """Names that look the same to a person are the same to us."""
    return unicodedata.normalize("NFC", name)


@dataclass
class Extraction:
    """One archive on its way into an empty folder of ours. Links are made last, so nothing is ever written through one."""

    destination: Path
    max_bytes: int
    max_files: int
    digest: ManifestDigest = field(default_factory=ManifestDigest)
    is_ours: bool = False
    files: int = 0
    size_bytes: int = 0
    _seen: dict[str, str] = field(default_factory=dict)  # name without tricks -> f, d or l
    _links: list[tuple[str, str]] = field(default_factory=list)

    def name(self, raw: str) -> str | None:
        """The member's name as a plain relative path, None for what is passed over. Raises for a name with tricks."""
        shown = ascii(raw[:200])
        try:
            encoded = raw.encode("utf-8")
        except UnicodeEncodeError:
            raise refuse(f"The archive holds a name that is no text: {shown}.") from None
        if any(ord(char) < 32 or ord(char) == 127 for char in raw):
            raise refuse(f"The archive holds a name with control characters: {shown}.")
        parts = [part for part in raw.split("/") if part not in ("", ".")]
        if raw.startswith(("/", "\\")) or ".." in parts or any(part.startswith("..\\") or "\\..\\" in part for part in parts):
            raise refuse(f"The archive holds a name that leaves the tree: {shown}.")
        if len(encoded) > MAX_PATH_BYTES or any(len(part.encode()) > MAX_NAME_BYTES for part in parts):
            raise refuse(f"The archive holds a name that is too long: {shown}…")
        if not parts or any(part.lower() in _VERSION_CONTROL for part in parts):
            return None
        return "/".join(parts)

    def claim(self, name: str, kind: str) -> None:
        """Note that `name` is taken; a second claim, or a file in the place of a folder, is a trick."""
        for parent in list(PurePosixPath(name).parents)[:-1]:
            if self._seen.setdefault(_plain(str(parent)), "d") != "d":
                raise refuse(f"The archive holds {ascii(str(parent))} as a folder and as something else.")
        if self._seen.get(_plain(name), kind if kind == "d" else "") != (kind if kind == "d" else ""):
            raise refuse(f"The archive holds {ascii(name)} twice.")
        self._seen[_plain(name)] = kind
        self.files += 1
        if self.files > self.max_files:
            raise refuse(f"The archive holds more than {self.max_files} entries.", "Leave out what is generated.")

    def folder(self, name: str) -> None:
        self.claim(name, "d")
        (self.destination / name).mkdir(parents=True, exist_ok=True)

    def file(self, name: str, content: Readable, declared: int, is_executable: bool) -> None:
        self.claim(name, "f")
        if declared > self.max_bytes - self.size_bytes:
            raise refuse(f"The archive unpacks to more than {self.max_bytes} bytes.", "Raise META_V4_SOURCE_MAX_BYTES.")
        path = self.destination / name
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o755 if is_executable else 0o644
        sha = hashlib.sha256()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as out:
            os.fchmod(out.fileno(), mode)
            while data := content.read(CHUNK):
                self.size_bytes += len(data)
                if self.size_bytes > self.max_bytes:
                    raise refuse(f"The archive unpacks to more than {self.max_bytes} bytes.", "Raise META_V4_SOURCE_MAX_BYTES.")
                sha.update(data)
                out.write(data)
        self.digest.add(name, "x" if is_executable else "f", sha.hexdigest())

    def hard_link(self, name: str, target: str) -> None:
        """A second name for an earlier member becomes a copy of it."""
        source = self.name(target)
        path = self.destination / source if source else None
        if source is None or path is None or self._seen.get(_plain(source)) != "f" or not path.is_file():
            raise refuse(f"The archive holds a hard link to what is not in it: {ascii(name)}.")
        with path.open("rb") as content:
            self.file(name, content, path.stat().st_size, bool(path.stat().st_mode & 0o100))

    def symbolic_link(self, name: str, target: str) -> None:
        if not link_stays_inside(name, target):
            raise refuse(f"The archive holds a link that leaves the tree: {ascii(name)} -> {ascii(target[:200])}.")
        self.claim(name, "l")
        self._links.append((name, target))
        self.digest.add(name, "l", hashlib.sha256(os.fsencode(target)).hexdigest())

    def finish(self) -> None:
        for name, target in self._links:
            path = self.destination / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)


def extract(archive: Path, destination: Path, *, max_bytes: int, max_files: int) -> Extraction:
    """Unpack into `destination`, an empty folder that is ours alone. Raises WorkspaceError and may leave a part behind."""
    extraction = Extraction(destination, max_bytes, max_files)
    try:
        with archive.open("rb") as file:
            magic = file.read(8)
        if magic.startswith(b"PK"):
            _extract_zip(archive, extraction)
        else:
            _extract_tar(archive, magic, extraction)
        extraction.finish()
    except WorkspaceError:
        raise
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        lzma.LZMAError,
        zlib.error,
        EOFError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise refuse(f"The archive is damaged or of an unknown kind: {str(error)[:200]}", "Send a tar, tar.gz or zip.") from error
    except OSError as error:
        raise refuse(f"The archive cannot be unpacked: {error.strerror or str(error)[:200]}.") from error
    return extraction


class _Header(tarfile.TarInfo):
    """Refuses headers that would fill the memory before any limit is asked."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE):
            if self.size > MAX_HEADER_BYTES:
                raise refuse("The archive holds a header that is too long.")
        elif self.type == tarfile.GNUTYPE_SPARSE:
            raise refuse("The archive holds a sparse file.", "Pack it again without --sparse.")
        return super()._proc_member(tar)  # type: ignore[misc,no-any-return]


class _Bounded:
    """A decompressed stream that ends in a refusal where a bomb would go on."""

    def __init__(self, source: BinaryIO, limit: int) -> None:
        self._source = source
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(min(size, CHUNK) if size >= 0 else CHUNK)
        self._left -= len(data)
        if self._left < 0:
            raise refuse("The archive unpacks to far more than its own size or than is allowed.", "Raise META_V4_SOURCE_MAX_BYTES.")
        return data


def _extract_tar(archive: Path, magic: bytes, extraction: Extraction) -> None:
    packed = archive.stat().st_size
    limit = min(extraction.max_bytes + extraction.max_files * 2048 + CHUNK, max(RATIO_FREE_BYTES, packed * MAX_RATIO))
    with _decompressed(archive, magic) as source:
        stream = _Bounded(source, limit)
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header, errorlevel=1) as tar:  # type: ignore[call-overload]
            for info in tar:
                _extract_member(tar, info, extraction)
            extraction.is_ours = tar.pax_headers.get("comment") == MARK["comment"]


@contextlib.contextmanager
def _decompressed(archive: Path, magic: bytes) -> Iterator[BinaryIO]:
    with archive.open("rb") as raw:
        if magic.startswith(b"\x1f\x8b"):
            yield gzip.GzipFile(fileobj=raw)  # type: ignore[misc]
        elif magic.startswith(b"BZh"):
            yield bz2.BZ2File(raw)  # type: ignore[misc]
        elif magic.startswith(b"\xfd7zXZ\x00"):
            yield lzma.LZMAFile(raw)  # type: ignore[misc]  # noqa: SIM115
        else:
            yield raw


def _extract_member(tar: tarfile.TarFile, info: tarfile.TarInfo, extraction: Extraction) -> None:
    name = extraction.name(info.name)
    if name is None:
        return
    if info.issparse():
        raise refuse("The archive holds a sparse file.", "Pack it again without --sparse.")
    if info.isdir():
        extraction.folder(name)
    elif info.issym():
        extraction.symbolic_link(name, info.linkname)
    elif info.islnk():
        extraction.hard_link(name, info.linkname)
    elif info.isreg():
        content = tar.extractfile(info)
        assert content is not None
        extraction.file(name, content, info.size, bool(info.mode & 0o100))
    else:
        raise refuse(f"The archive holds a device, a pipe or the like: {ascii(name)}.")


def _extract_zip(archive: Path, extraction: Extraction) -> None:
    packed = archive.stat().st_size
    with zipfile.ZipFile(archive) as pack:
        members = pack.infolist()
        if sum(info.file_size for info in members) > min(extraction.max_bytes, max(RATIO_FREE_BYTES, packed * MAX_RATIO)):
            raise refuse(f"The archive unpacks to more than {extraction.max_bytes} bytes.", "Raise META_V4_SOURCE_MAX_BYTES.")
        for info in members:
            _extract_zipped(pack, info, extraction)


def _extract_zipped(pack: zipfile.ZipFile, info: zipfile.ZipInfo, extraction: Extraction) -> None:
    if info.flag_bits & 0x1:
        raise refuse("The archive is encrypted.")
    name = extraction.name(info.filename)
    mode = info.external_attr >> 16
    if name is None:
        return
    if info.is_dir():
        extraction.folder(name)
        return
    with pack.open(info) as content:
        if stat.S_ISLNK(mode):
            extraction.symbolic_link(name, content.read(MAX_PATH_BYTES + 1).decode("utf-8"))
        elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
            extraction.file(name, content, info.file_size, bool(mode & 0o100))
        else:
            raise refuse(f"The archive holds a device, a pipe or the like: {ascii(name)}.")
