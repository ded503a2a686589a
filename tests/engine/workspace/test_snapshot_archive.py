"""Archives from strangers: what is honest comes out as it is, everything with a trick is refused."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.tree import snapshot_archive, snapshot_directory, unpack

MIB = 1024**2

pytestmark = pytest.mark.usefixtures("private_tmp")


def entry(name: str, content: bytes = b"x", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, b"", type=kind, linkname=target)


def make_tar(path: Path, *entries: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return path


HOSTILE: dict[str, list[tuple[tarfile.TarInfo, bytes]]] = {
    "climbs": [entry("../evil")],
    "climbs inside": [entry("a/../../evil")],
    "climbs and comes back": [entry("a/../b")],
    "absolute": [entry("/tmp/evil")],
    "windows climb": [entry("..\\evil")],
    "link to the machine": [link("l", "/etc/passwd")],
    "link that climbs": [link("a/l", "../../x")],
    "link through a link": [link("a/b/up", "../.."), link("l", "a/b/up/../x")],
    "file through a link": [link("l", "a"), entry("l/evil")],
    "file over a link": [link("l", "a"), entry("l")],
    "hard link outside": [link("h", "/etc/passwd", tarfile.LNKTYPE)],
    "hard link to a link": [link("l", "a"), link("h", "l", tarfile.LNKTYPE)],
    "hard link to what comes later": [link("h", "a", tarfile.LNKTYPE), entry("a")],
    "device": [entry("d", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "block device": [entry("d", b"", type=tarfile.BLKTYPE)],
    "pipe": [entry("p", b"", type=tarfile.FIFOTYPE)],
    "twice": [entry("a"), entry("a")],
    "twice with a dot": [entry("a/b"), entry("./a//b")],
    "twice in another spelling": [entry("caf\u00e9"), entry("cafe\u0301")],
    "file and folder": [entry("a"), entry("a/b")],
    "folder and file": [entry("a/b"), entry("a")],
    "new line": [entry("a\nb")],
    "escape": [entry("a\x1b[2Jb")],
    "long name": [entry("a" * 300)],
    "long path": [entry("/".join(["abcdefgh"] * 600))],
    "no text": [entry("caf\udce9")],
    "bomb": [entry("big", b"\0" * (3 * MIB))],
    "many": [entry(f"f{number}") for number in range(60)],
}


@pytest.mark.parametrize("trick", HOSTILE)
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_with_a_trick_is_refused(trick: str, mode: str, tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "evil.tar", *HOSTILE[trick], mode=mode)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(WorkspaceError) as caught:
        snapshot_archive(archive, max_bytes=2 * MIB, max_files=50)
    assert caught.value.code == "archive_refused"
    assert str(caught.value).isprintable()
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_honest_tar_comes_out_as_it_is(mode: str, tmp_path: Path) -> None:
    entries = [entry("a.py"), entry("tool", mode=0o755), entry("d", b"", type=tarfile.DIRTYPE), link("d/l", "../a.py")]
    snapshot = snapshot_archive(make_tar(tmp_path / "t", *entries, link("hard", "a.py", tarfile.LNKTYPE), mode=mode))
    assert unpack(snapshot.archive, tmp_path / "out") == snapshot.digest
    assert (tmp_path / "out" / "d" / "l").read_text() == "x"
    assert (tmp_path / "out" / "tool").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out" / "hard").stat().st_nlink == 1


def test_times_owners_and_special_bits_are_dropped(tmp_path: Path) -> None:
    one = snapshot_archive(make_tar(tmp_path / "1", entry("a", mode=0o6755, uid=0, mtime=5)))
    two = snapshot_archive(make_tar(tmp_path / "2", entry("a", mode=0o755, uid=7, mtime=9)))
    assert one.digest == two.digest
    unpack(one.archive, tmp_path / "out")
    assert not (tmp_path / "out" / "a").stat().st_mode & (stat.S_ISUID | stat.S_ISGID)


def test_a_folder_that_wraps_everything_is_taken_off(tmp_path: Path) -> None:
    wrapped = snapshot_archive(make_tar(tmp_path / "1", entry("project-1.0/a.py"), entry("project-1.0/b/c.py")))
    bare = snapshot_archive(make_tar(tmp_path / "2", entry("a.py"), entry("b/c.py")))
    assert wrapped.digest == bare.digest


def test_a_folder_stays_in_archives_of_our_own(tmp_path: Path) -> None:
    (tmp_path / "tree" / "only").mkdir(parents=True)
    (tmp_path / "tree" / "only" / "a.py").touch()
    snapshot = snapshot_directory(tmp_path / "tree")
    assert snapshot_archive(snapshot.archive).digest == snapshot.digest


def test_a_repository_in_an_archive_loses_its_git_folder(tmp_path: Path) -> None:
    entries = [entry("a.py"), entry(".git/config"), entry(".git/hooks/post-checkout", mode=0o755), entry("sub/.GIT/config")]
    snapshot = snapshot_archive(make_tar(tmp_path / "1", *entries))
    assert snapshot.files == 1


def test_a_compressed_bomb_ends_early(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "bomb", entry("big", b"\0" * (64 * MIB)), mode="w:gz")
    assert archive.stat().st_size < MIB
    with pytest.raises(WorkspaceError, match="more than"):
        snapshot_archive(archive, max_bytes=8 * MIB)


def test_a_header_cannot_fill_the_memory(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "bomb", entry("x", b"a" * (8 * MIB), type=tarfile.XHDTYPE), entry("a"))
    with pytest.raises(WorkspaceError, match="header"):
        snapshot_archive(archive)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08 broken", b"PK\x03\x04 broken", b"BZh9 broken", b"\0" * 100])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(WorkspaceError) as caught:
        snapshot_archive(tmp_path / "file")
    assert caught.value.code == "archive_refused"


def test_a_cut_off_archive_is_refused(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "t", entry("a", b"x" * 100_000), mode="w:gz")
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(WorkspaceError):
        snapshot_archive(archive)


def zipped(path: Path, fill: Callable[[zipfile.ZipFile], None]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        fill(pack)
    return path


def zip_link(pack: zipfile.ZipFile, name: str, target: str) -> None:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    pack.writestr(info, target)


def fill_with_many(pack: zipfile.ZipFile) -> None:
    for number in range(60):
        pack.writestr(f"f{number}", "x")


ZIPS: dict[str, Callable[[zipfile.ZipFile], None]] = {
    "climbs": lambda pack: pack.writestr("../evil", "x"),
    "absolute": lambda pack: pack.writestr("/tmp/evil", "x"),
    "link to the machine": lambda pack: zip_link(pack, "l", "/etc/passwd"),
    "bomb": lambda pack: pack.writestr("big", b"\0" * (3 * MIB)),
    "many": fill_with_many,
}


@pytest.mark.parametrize("trick", ZIPS)
def test_a_zip_with_a_trick_is_refused(trick: str, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        snapshot_archive(zipped(tmp_path / "evil.zip", ZIPS[trick]), max_bytes=2 * MIB, max_files=50)
    assert caught.value.code == "archive_refused"


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "z.zip", lambda pack: pack.writestr("big", b"\0" * MIB))
    archive.write_bytes(archive.read_bytes().replace(MIB.to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(WorkspaceError):
        snapshot_archive(archive)


def test_an_honest_zip_comes_out_as_it_is(tmp_path: Path) -> None:
    def fill(pack: zipfile.ZipFile) -> None:
        pack.writestr("project/a.py", "x")
        zip_link(pack, "project/l", "a.py")

    snapshot = snapshot_archive(zipped(tmp_path / "z.zip", fill))
    unpack(snapshot.archive, tmp_path / "out")
    assert (tmp_path / "out" / "l").read_text() == "x"
