"""Private copies and the cache of templates they are made from."""

import multiprocessing
import os
import shutil
import time
from functools import partial
from pathlib import Path

import pytest

from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.tree import TreeCache, copy_tree, snapshot_directory, tree_read, workspace_open

pytestmark = pytest.mark.usefixtures("private_tmp")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_text("A = 1\n")
    return root


def archive_of(tree: Path, target: Path) -> tuple[str, Path]:
    snapshot = snapshot_directory(tree)
    shutil.copy(snapshot.archive, target)
    snapshot.archive.unlink()
    return snapshot.digest, target


def test_a_copy_is_writable_and_its_own(tree: Path, tmp_path: Path) -> None:
    os.link(tree / "pkg" / "a.py", tree / "hard.py")
    (tree / "pkg" / "a.py").chmod(0o444)
    (tree / "pkg").chmod(0o555)
    with workspace_open(tree, parent=tmp_path / "w") as workspace:
        (workspace.tree / "pkg" / "a.py").write_text("changed")
        (workspace.tree / "pkg" / "new.py").touch()
        (workspace.scratch / "report").touch()
        assert (workspace.tree / "hard.py").read_text() == "A = 1\n"
        assert workspace.root.stat().st_mode & 0o077 == 0
    assert not workspace.root.exists()
    assert (tree / "pkg" / "a.py").read_text() == "A = 1\n"
    (tree / "pkg").chmod(0o755)


def test_a_copy_drops_links_that_leave_the_tree(tree: Path, tmp_path: Path) -> None:
    (tree / "out").symlink_to("/etc")
    (tree / "pkg" / "in.py").symlink_to("a.py")
    notes = copy_tree(tree, tmp_path / "copy")
    assert len(notes) == 1
    assert sorted(path.name for path in (tmp_path / "copy").rglob("*")) == ["a.py", "in.py", "pkg"]


def test_reading_never_follows_a_link(tree: Path) -> None:
    (tree / "passwd").symlink_to("/etc/passwd")
    (tree / "etc").symlink_to("/etc")
    os.mkfifo(tree / "pipe")
    assert tree_read(tree, "pkg/a.py") == b"A = 1\n"
    for name in ("passwd", "etc/passwd", "../x", "/etc/passwd", "pkg", "pipe", "missing", ""):
        with pytest.raises(FileNotFoundError):
            tree_read(tree, name)


def test_a_checkout_is_fetched_once_and_read_only(tree: Path, tmp_path: Path) -> None:
    digest, archive = archive_of(tree, tmp_path / "archive")
    cache = TreeCache(tmp_path / "cache")
    path = cache.checkout(digest, lambda: archive)
    assert not archive.exists(), "the fetched file is removed"
    assert (path / "pkg" / "a.py").read_text() == "A = 1\n"
    assert (path / "pkg" / "a.py").stat().st_mode & 0o222 == 0
    assert cache.checkout(digest, lambda: pytest.fail("it is here already")) == path
    with workspace_open(path, parent=tmp_path / "w") as workspace:
        assert snapshot_directory(workspace.tree).digest == digest


def test_an_archive_that_holds_something_else_is_refused(tree: Path, tmp_path: Path) -> None:
    _, archive = archive_of(tree, tmp_path / "archive")
    with pytest.raises(WorkspaceError, match="something else"):
        TreeCache(tmp_path / "cache").checkout("0" * 64, lambda: archive)
    assert not list((tmp_path / "cache").glob("00/*"))
    with pytest.raises(WorkspaceError):
        TreeCache(tmp_path / "cache").checkout("../../etc", lambda: archive)


def _checkout(root: str, digest: str, archive: str, barrier: object, answers: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    answers.put(str(TreeCache(Path(root)).checkout(digest, lambda: Path(archive))))  # type: ignore[attr-defined]


def test_two_processes_at_once_get_the_same_tree(tree: Path, tmp_path: Path) -> None:
    for number in range(200):
        (tree / f"f{number}").write_text("x")
    digest, first = archive_of(tree, tmp_path / "archive0")
    archives = [first, *(Path(shutil.copy(first, tmp_path / f"archive{number}")) for number in (1, 2))]
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(3), context.Queue()
    workers = [context.Process(target=_checkout, args=(str(tmp_path / "cache"), digest, str(path), barrier, answers)) for path in archives]
    for worker in workers:
        worker.start()
    found = {answers.get(timeout=20) for _ in workers}
    for worker in workers:
        worker.join(20)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(found) == 1
    assert len(list(Path(found.pop()).iterdir())) == 201
    assert not list((tmp_path / "cache").glob("unpack-*"))


def test_the_longest_unused_go_first(tree: Path, tmp_path: Path) -> None:
    cache = TreeCache(tmp_path / "cache", max_bytes=250_000, keep_seconds=0)
    paths = []
    for number in range(3):
        (tree / "data").write_bytes(bytes([number]) * 100_000)
        digest, archive = archive_of(tree, tmp_path / f"archive{number}")
        path = cache.root / digest[:2] / digest
        paths.append(cache.checkout(digest, partial(Path, archive)))
        stamp = path.with_name(f"{digest}.used")
        os.utime(stamp, (time.time() - 100 + number, time.time() - 100 + number))
    assert [path.exists() for path in paths] == [False, True, True]
