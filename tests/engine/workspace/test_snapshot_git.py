"""Freezing a commit of a repository that may be hostile."""

import os
from pathlib import Path

import pytest

from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.tree import Snapshot, snapshot_directory, snapshot_git
from tests.engine.workspace.test_snapshot_directory import git, names_in

pytestmark = pytest.mark.usefixtures("private_tmp")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    (root / "a.py").write_text("A = 1\n")
    (root / "tests").mkdir()
    (root / "tests" / "test_a.py").touch()
    (root / ".gitattributes").write_text("tests export-ignore\n*.py filter=evil\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    git(root, "tag", "v1")
    (root / "a.py").write_text("A = 2\n")
    git(root, "commit", "-qam", "two")
    return root


def take(repository: Path, ref: str = "", **more: object) -> Snapshot:
    return snapshot_git(f"file://{repository}", ref, protocols=("file",), **more)  # type: ignore[arg-type]


def test_a_branch_a_tag_and_a_commit_can_be_taken(repository: Path) -> None:
    head = (repository / ".git/refs/heads/main").read_text().strip()
    latest = take(repository)
    assert latest.digest == take(repository, "main").digest == take(repository, head).digest == snapshot_directory(repository).digest
    assert take(repository, "v1").digest != latest.digest
    assert names_in(latest.archive) == [".gitattributes", "a.py", "tests/test_a.py"]


def test_nothing_in_the_repository_or_of_the_user_is_run(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    marker = tmp_path / "started"
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {marker}\ncat\n")
    program.chmod(0o755)
    home = tmp_path / "home"
    (home / "template" / "hooks").mkdir(parents=True)
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (home / "template" / "hooks" / hook).symlink_to(program)
    (home / ".gitconfig").write_text(
        f"[init]\ntemplateDir={home}/template\n[core]\nfsmonitor={program}\nhooksPath={home}/template/hooks\n"
        f'[filter "evil"]\nsmudge={program}\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(program))
    monkeypatch.setenv("GIT_SSH_COMMAND", str(program))
    assert take(repository).files == 3
    assert not marker.exists()


def test_submodules_are_not_fetched_and_links_out_are_dropped(repository: Path, tmp_path: Path) -> None:
    os.symlink("/etc/passwd", repository / "out")  # noqa: PTH211
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    (other / "x").touch()
    git(other, "add", ".")
    git(other, "commit", "-qm", "x")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", f"file://{other}", "sub")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "three")
    snapshot = take(repository)
    assert names_in(snapshot.archive) == [".gitattributes", ".gitmodules", "a.py", "tests/test_a.py"]
    assert any("'out'" in note for note in snapshot.notes)


@pytest.mark.parametrize("ref", ["--upload-pack=touch x", "-x", "a b", "a..b", "a:b", "HEAD@{1}", "a\nb", "^a", "a~1"])
def test_a_ref_with_a_trick_is_refused(repository: Path, ref: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        take(repository, ref)
    assert caught.value.code == "git_refused"


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c 'touch x'",
        "--upload-pack=x",
        "fd::17/foo",
        "file:///etc",
        "/etc",
        "http://x/y",
        "ssh://-oProxyCommand=x/y",
        "a\nb",
        "git@host:x",
    ],
)
def test_a_url_of_another_protocol_is_refused(url: str) -> None:
    protocols = ("https", "ssh") if url.startswith("ssh://-") else ("https",)
    with pytest.raises(WorkspaceError):
        snapshot_git(url, "", protocols=protocols, timeout=10)


def test_credentials_are_not_repeated() -> None:
    with pytest.raises(WorkspaceError) as caught:
        snapshot_git("https://user:s3cret@127.0.0.1:9/x.git", "", protocols=("https",), timeout=10)
    assert caught.value.code == "git_failed"
    assert "s3cret" not in str(caught.value)
    assert "127.0.0.1:9/x.git" in str(caught.value)


def test_a_missing_ref_is_said_plainly(repository: Path) -> None:
    with pytest.raises(WorkspaceError, match="nowhere"):
        take(repository, "nowhere")


def test_a_repository_that_is_too_large_is_refused(repository: Path) -> None:
    (repository / "big").write_bytes(os.urandom(300_000))
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "big")
    with pytest.raises(WorkspaceError) as caught:
        take(repository, max_bytes=100_000)
    assert caught.value.code == "tree_too_large"
