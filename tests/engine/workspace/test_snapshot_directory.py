"""Freezing a local tree: the same content is the same digest, and nothing in it is run, followed or changed."""

import os
import socket
import subprocess
import tarfile
from pathlib import Path

import pytest

from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.tree import snapshot_directory, unpack

pytestmark = pytest.mark.usefixtures("private_tmp")


def git(folder: Path, *words: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    names = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *names, *words], cwd=folder, env=environment, check=True, capture_output=True)


def names_in(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return tar.getnames()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_text("A = 1\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("pkg/a.py")
    return root


def test_the_digest_is_over_names_contents_and_x_bits_only(tree: Path) -> None:
    first = snapshot_directory(tree)
    os.utime(tree / "pkg" / "a.py", (1, 1))
    assert snapshot_directory(tree).digest == first.digest
    assert snapshot_directory(tree).archive.read_bytes() == first.archive.read_bytes()
    (tree / "run.sh").chmod(0o644)
    assert snapshot_directory(tree).digest != first.digest


@pytest.mark.parametrize("change", ["rename", "content", "link"])
def test_every_change_that_matters_changes_the_digest(tree: Path, change: str) -> None:
    before = snapshot_directory(tree).digest
    if change == "rename":
        (tree / "run.sh").rename(tree / "ran.sh")
    elif change == "content":
        (tree / "pkg" / "a.py").write_text("A = 2\n")
    else:
        (tree / "link").unlink()
        (tree / "link").symlink_to("run.sh")
    assert snapshot_directory(tree).digest != before


def test_what_is_unpacked_is_what_was_frozen(tree: Path, tmp_path: Path) -> None:
    snapshot = snapshot_directory(tree)
    assert unpack(snapshot.archive, tmp_path / "out") == snapshot.digest
    assert (tmp_path / "out" / "pkg" / "a.py").read_text() == "A = 1\n"
    assert (tmp_path / "out" / "run.sh").stat().st_mode & 0o777 == 0o755
    assert os.readlink(tmp_path / "out" / "link") == "pkg/a.py"  # noqa: PTH115
    assert (snapshot.files, snapshot.size_bytes) == (3, 16)


def test_caches_and_virtual_environments_stay_out(tree: Path) -> None:
    for folder in ("node_modules/x", "__pycache__", ".mypy_cache", "env", "venv/lib"):
        (tree / folder).mkdir(parents=True)
        (tree / folder / "file").write_text("x")
    (tree / "env" / "pyvenv.cfg").touch()
    (tree / "venv" / "pyvenv.cfg").touch()
    assert names_in(snapshot_directory(tree).archive) == ["link", "pkg/a.py", "run.sh"]


def test_a_git_work_tree_is_what_git_calls_its_files(tree: Path) -> None:
    git(tree, "init", "-q")
    (tree / ".gitignore").write_text("*.log\n")
    (tree / "noise.log").touch()
    (tree / "gone.py").touch()
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "x")
    (tree / "gone.py").unlink()
    (tree / "new.py").touch()
    assert names_in(snapshot_directory(tree).archive) == [".gitignore", "link", "new.py", "pkg/a.py", "run.sh"]
    assert names_in(snapshot_directory(tree / "pkg").archive) == ["a.py"]


def test_git_configuration_and_hooks_of_the_tree_start_nothing(tree: Path) -> None:
    git(tree, "init", "-q")
    git(tree, "add", ".")
    marker = tree.parent / "started"
    program = tree / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "core.askPass",
        "filter.x.clean",
        "filter.x.smudge",
        "diff.external",
    ):
        git(tree, "config", key, str(program))
    git(tree, "config", "core.hooksPath", str(tree))
    (tree / ".gitattributes").write_text("* filter=x\n")
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        (tree / hook).symlink_to("evil.sh")
    assert "pkg/a.py" in names_in(snapshot_directory(tree).archive)
    assert not marker.exists()
    git(tree, "status")
    assert marker.exists(), "the trap would have worked on a careless git"


def test_git_cannot_be_pointed_at_another_tree(tree: Path) -> None:
    secret = tree.parent / "secret"
    secret.mkdir()
    (secret / "key").write_text("x")
    git(tree, "init", "-q")
    git(tree, "config", "core.worktree", str(secret))
    assert "key" not in names_in(snapshot_directory(tree).archive)


def test_links_that_leave_the_tree_are_left_out_with_a_note(tree: Path) -> None:
    targets = {"abs": "/etc/passwd", "up": "../x", "sneaky": "pkg/../../x", "folder": "/etc"}
    for name, target in targets.items():
        (tree / name).symlink_to(target)
    snapshot = snapshot_directory(tree)
    assert names_in(snapshot.archive) == ["link", "pkg/a.py", "run.sh"]
    assert len(snapshot.notes) == 4


def test_pipes_and_sockets_are_left_out_and_do_not_hang(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tree / "s"))
        snapshot = snapshot_directory(tree)
    assert names_in(snapshot.archive) == ["link", "pkg/a.py", "run.sh"]
    assert len(snapshot.notes) == 2


def test_a_tree_that_is_too_large_is_refused(tree: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        snapshot_directory(tree, max_bytes=10)
    assert caught.value.code == "tree_too_large"
    with pytest.raises(WorkspaceError):
        snapshot_directory(tree, max_files=2)


def test_names_that_are_no_utf8_survive(tree: Path, tmp_path: Path) -> None:
    (tree / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    assert snapshot_directory(tree).digest == snapshot_directory(tree).digest
