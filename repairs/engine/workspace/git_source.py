"""Git, run so that nothing in a repository or on this machine can tell it to run something else."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from repairs.engine.types import Limits
from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.process import Ended, Watch, kill_group

_REF = re.compile(r"[A-Za-z0-9_][\w./+@=-]{0,250}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SCP_LIKE = re.compile(r"[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*:[^:].*", re.ASCII)
_OFF = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.untrackedCache=false",
    "credential.helper=",
    "protocol.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "http.followRedirects=initial",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "core.autocrlf=false",
    "core.symlinks=true",
    "core.protectHFS=true",
    "core.protectNTFS=true",
)
_KEPT_VARIABLES = (
    "PATH",
    "SSH_AUTH_SOCK",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
)


def git_environment(**extra: str) -> dict[str, str]:
    """The whole environment of a git call: no system or user configuration, no prompts."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "SSH_ASKPASS": "/bin/false",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=20",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        **extra,
    }


def git_command(*words: str, protocols: Sequence[str] = ()) -> list[str]:
    allowed = [f"protocol.{protocol}.allow=always" for protocol in protocols]
    return ["git", "--no-pager", *(part for setting in (*_OFF, *allowed) for part in ("-c", setting)), *words]


def listed_files(root: Path) -> list[str] | None:
    """What git would call the files of the work tree at `root` (tracked, or new and not ignored); None when it is no work tree.

    Git reads the tree's index and ignore files through an empty repository of ours: the tree's own configuration and hooks are never
    looked at, so nothing there can start a program.
    """
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if top is None or shutil.which("git") is None:
        return None
    git_dir = _git_dir(top / ".git")
    with tempfile.TemporaryDirectory(prefix="metabuilder-git-") as name:
        ours = Path(name)
        if not _borrow_index(git_dir, ours):
            return None
        environment = git_environment(GIT_DIR=str(ours), GIT_WORK_TREE=str(top))
        command = git_command("ls-files", "-co", "--exclude-standard", "-z")
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
    if done.returncode != 0:
        return None
    return [os.fsdecode(row) for row in done.stdout.split(b"\0") if row] or None


def _git_dir(path: Path) -> Path:
    """Follow the one-line file that stands for `.git` in worktrees."""
    if path.is_file():
        text = path.read_text(errors="replace")[:4096]
        if text.startswith("gitdir:"):
            return (path.parent / text.removeprefix("gitdir:").strip()).resolve()
    return path


def _borrow_index(git_dir: Path, ours: Path) -> bool:
    done = subprocess.run(
        git_command("init", "-q", "--bare", "--template=", str(ours)), env=git_environment(), capture_output=True, timeout=60, check=False
    )
    if done.returncode != 0:
        return False
    exclude = git_dir / "info" / "exclude"
    for source in (git_dir / "index", exclude, *git_dir.glob("sharedindex.*")):
        if source.is_file():
            target = ours / source.relative_to(git_dir)
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, target)
    return True


def check_source(url: str, ref: str, protocols: Sequence[str]) -> None:
    """Refuse a URL or ref that git could take for an option, a program or another protocol."""
    if url.startswith("-") or any(ord(char) <= 32 or ord(char) == 127 for char in url) or "::" in url:
        raise WorkspaceError("git_refused", "The git URL is malformed.", "Use https://host/path.")
    scheme = urlsplit(url).scheme if "://" in url else ("ssh" if _SCP_LIKE.fullmatch(url) else "file")
    if scheme not in protocols:
        raise WorkspaceError(
            "git_refused", f"Git over {scheme!r} is not allowed.", f"Allowed are: {', '.join(protocols)} (META_V4_GIT_PROTOCOLS)."
        )
    if ref and (not _REF.fullmatch(ref) or ".." in ref or "@{" in ref or ref.endswith((".lock", "/"))):
        raise WorkspaceError("git_refused", "The git ref is malformed.", "Use a branch, a tag or a full commit id.")


def without_credentials(text: str) -> str:
    return re.sub(r"(\w+://)[^/@\s]*@", r"\1", text)


def fetch_tree(url: str, ref: str, folder: Path, *, protocols: Sequence[str], max_bytes: int, timeout: float) -> Path:
    """Fetch one commit and lay its files out below `folder`, an empty folder of ours; returns where. Raises WorkspaceError."""
    check_source(url, ref, protocols)
    if shutil.which("git") is None:
        raise WorkspaceError("git_missing", "The git program is not installed.", "apt-get install git")
    repository, tree = folder / "repository", folder / "tree"
    tree.mkdir()
    limits = Limits(seconds=timeout, disk_bytes=max_bytes * 2, output_bytes=1024**2)
    variables = {"GIT_DIR": str(repository), "GIT_ALLOW_PROTOCOL": ":".join(protocols)}
    if "ssh" in protocols:
        variables["HOME"] = os.environ.get("HOME", "/nonexistent")  # keys and known hosts; git itself reads nothing there
    environment = git_environment(**variables)

    def git(*words: str) -> Ended:
        return _run(git_command(*words, protocols=protocols), environment, limits, folder)

    _demand(git("init", "-q", "--bare", "--template=", str(repository)), url, ref)
    wanted = ref or "HEAD"
    ended = git("fetch", "-q", "--depth", "1", "--no-tags", "--no-recurse-submodules", "--end-of-options", url, wanted)
    name = "FETCH_HEAD"
    if ended.returncode != 0 and ended.killed is None:
        # Some servers cannot be shallow or will not give a bare commit id: take the branches and tags, and look for it there.
        refs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"] if _COMMIT.fullmatch(ref) else [wanted]
        again = git("fetch", "-q", "--no-tags", "--no-recurse-submodules", "--end-of-options", url, *refs)
        _demand(again if again.returncode == 0 or again.killed else ended, url, ref)
        name = ref if _COMMIT.fullmatch(ref) else name
    _demand(git("read-tree", f"{name}^{{tree}}"), url, ref)
    _demand(git("--work-tree", str(tree), "checkout-index", "-a", "-q", f"--prefix={tree}/"), url, ref)
    return tree


def _run(command: list[str], environment: dict[str, str], limits: Limits, folder: Path) -> Ended:
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    return Watch(process, limits, lambda: kill_group(process.pid), disk_paths=[folder]).run()


def _demand(ended: Ended, url: str, ref: str) -> None:
    if ended.killed == "disk":
        raise WorkspaceError("tree_too_large", "The repository is larger than allowed.", "Raise META_V4_SOURCE_MAX_BYTES.")
    if ended.killed is not None:
        raise WorkspaceError("git_failed", f"Git was stopped: {ended.killed}.", "Try again later.")
    if ended.returncode != 0:
        said = without_credentials(ended.stderr.decode("utf-8", "replace"))[-500:].strip()
        where = without_credentials(url)
        raise WorkspaceError(
            "git_failed", f"Git could not fetch {ref or 'HEAD'!r} of {where}: {said}", "Check the URL, the ref and the access."
        )
