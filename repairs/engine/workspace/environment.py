"""Prepares the environment that a tree's own code needs: built in the sandbox, with the package indexes as its whole network."""

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from repairs.engine.bench import Environment, Sandbox
from repairs.engine.types import CommandResult, EnvironmentSpec, Limits, TreeEdits
from repairs.engine.workspace.errors import SandboxFailed
from repairs.engine.workspace.installed_tree import link_tree, site_packages_of
from repairs.engine.workspace.proxy import PackageProxy, allowed_addresses
from repairs.engine.workspace.resolver import EnvironmentFailed, RequirementFailure, parse_failure
from repairs.engine.workspace.tree import tree_read, workspace_open
from repairs.engine.workspace.walk import remove_tree

__all__ = ["EnvironmentFailed", "PreparedEnvironment", "RequirementFailure", "environment_key", "environment_prepare"]

FORMAT = "1"  # part of the key: raise it when environments are built differently
BUILD_LIMITS = Limits(seconds=1200, memory_bytes=8 * 1024**3, processes=512, disk_bytes=8 * 1024**3)
LOG_BYTES = 64 * 1024
_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in", "hatch.toml", "requirements.txt")
_INCLUDE = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)", re.MULTILINE)
_TREE_LINE = re.compile(r"^\s*(?:-e|--editable)?[\s=]*(?:file:)?\.(?:\[(?P<extras>[^\]]*)\])?\s*(?:#.*)?$")


@dataclass(frozen=True)
class PreparedEnvironment:
    environment: Environment
    key: str  # empty for the platform's own interpreter
    is_cached: bool
    seconds: float
    log: str = ""


def environment_key(spec: EnvironmentSpec, tree: Path, edits: TreeEdits | None = None) -> str:
    """Digest of all that decides what gets installed; the same key is the same environment. Empty for an empty spec.

    `edits` lie over the tree. Constraints and files that requirement files include count too.
    """
    if spec.is_empty:
        return ""
    reader = _Reader(tree, edits or {})
    row = spec.to_json()
    row.pop("variables")
    files = reader.with_includes(spec.requirement_files)
    if spec.install_tree or any(_names_tree(text) for text in files.values()):
        files |= {name: reader.text(name) for name in _BUILD_FILES}
    parts = [FORMAT, sys.version, platform.platform(), json.dumps(row, sort_keys=True), json.dumps(files, sort_keys=True)]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def environment_prepare(
    spec: EnvironmentSpec,
    tree: Path,
    cache_dir: Path,
    sandbox: Sandbox,
    *,
    index_urls: Sequence[str] = ("https://pypi.org/simple",),
    uv: Path,
    file_hosts: Sequence[str] = (),
    tools: Sequence[str] = ("pytest",),
    limits: Limits = BUILD_LIMITS,
) -> PreparedEnvironment:
    """The environment of `spec` for `tree`, from `cache_dir` (one tenant's) or built now.

    `tools` are added when the tree did not bring them; that they cannot be had is no failure. Two workers at once build it once.
    Raises EnvironmentFailed when the requirements cannot be installed.
    """
    started = time.monotonic()
    if spec.is_empty:
        return PreparedEnvironment(Environment(Path(sys.executable)), "", False, 0.0)
    key = environment_key(spec, tree)
    cache_dir = cache_dir.resolve()
    build = _Build(spec, tree, cache_dir, key, sandbox, tuple(index_urls), uv, tuple(file_hosts), tuple(tools), limits)
    if not build.is_done:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with _locked(cache_dir / "environments.lock"):
            if not build.is_done:
                log = build.run()
                return PreparedEnvironment(build.environment(), key, False, time.monotonic() - started, log)
    build.touch()
    return PreparedEnvironment(build.environment(), key, True, time.monotonic() - started)


@dataclass(frozen=True)
class _Build:
    """One environment on its way to `<cache>/<key>`; `<key>.done` says that it is whole."""

    spec: EnvironmentSpec
    tree: Path
    cache_dir: Path
    key: str
    sandbox: Sandbox
    index_urls: tuple[str, ...]
    uv: Path
    file_hosts: tuple[str, ...]
    tools: tuple[str, ...]
    limits: Limits

    @property
    def root(self) -> Path:
        return self.cache_dir / self.key

    @property
    def _mark(self) -> Path:
        return self.cache_dir / f"{self.key}.done"

    @property
    def is_done(self) -> bool:
        return self._mark.exists() and self.root.is_dir()

    def touch(self) -> None:
        with contextlib.suppress(OSError):
            os.utime(self._mark)

    def environment(self) -> Environment:
        return Environment(self.root / "bin" / "python", self.root, (site_packages_of(self.root),))

    def run(self) -> str:
        """Build it; returns what uv said. Leaves nothing behind when it fails."""
        self._mark.unlink(missing_ok=True)
        remove_tree(self.root)
        for folder in (self.root, self.cache_dir / "uv"):
            folder.mkdir(mode=0o755, exist_ok=True)
            folder.chmod(0o755)
        try:
            with workspace_open(self.tree, parent=self.cache_dir / "building") as workspace:
                log = self._install(workspace.tree, workspace.scratch)
            self._mark.write_text(json.dumps({"key": self.key, "spec": self.spec.to_json()}))
            return log
        except BaseException:
            remove_tree(self.root)
            raise

    def _install(self, tree: Path, scratch: Path) -> str:
        python = find_python(self.spec.python, self.uv)
        with self._network() as socket_path:
            made = self._uv(["venv", "--allow-existing", "--python", str(python), str(self.root)], tree, scratch, None)
            if not made.is_ok:  # nothing of the tree's has run yet: this is the platform's fault
                raise SandboxFailed(f"The virtual environment could not be made: {made.killed or _last_line(made)}")
            wanted = self._wanted(tree)
            done = self._pip(wanted, tree, scratch, socket_path) if wanted else made
            if not done.is_ok:
                raise _failed(done)
            roots = link_tree(site_packages_of(self.root), tree, self.tree)
            said = done.stderr + (
                f"\nThe tree is installed; its modules come from: {', '.join(root or '.' for root in roots)}." if roots else ""
            )
            missing = [tool for tool in self.tools if not _has(site_packages_of(self.root), tool)]
            if missing:
                said += self._pip(missing, tree, scratch, socket_path).stderr
        return said[-LOG_BYTES:]

    def _wanted(self, tree: Path) -> list[str]:
        """Arguments for `uv pip install`. Lines that install the tree itself are taken out of the copy's files and done our way."""
        words: list[str] = []
        extras, installs_tree = set(self.spec.extras), self.spec.install_tree
        for name, text in _Reader(tree, {}).with_includes(self.spec.requirement_files).items():
            lines = text.splitlines()
            found = [match for line in lines if (match := _TREE_LINE.match(line)) and line.strip()]
            if found:
                installs_tree = True
                extras |= {extra.strip() for match in found for extra in (match["extras"] or "").split(",") if extra.strip()}
                (tree / name).write_text("\n".join(line for line in lines if not (line.strip() and _TREE_LINE.match(line))) + "\n")
        for name in self.spec.requirement_files:
            words += ["-r", name]
        words += list(self.spec.requirements)
        if installs_tree:
            words.append(f"{tree}[{','.join(sorted(extras))}]" if extras else str(tree))
        return words

    def _pip(self, words: list[str], tree: Path, scratch: Path, socket_path: Path | None) -> CommandResult:
        first, *others = self.index_urls or ("https://pypi.org/simple",)
        indexes = ["--default-index", first, *(part for url in others for part in ("--index", url))]
        options = [
            "--python",
            str(self.root / "bin" / "python"),
            "--link-mode",
            "copy",
            "--compile-bytecode",
            "--index-strategy",
            "unsafe-best-match",
        ]
        return self._uv(["pip", "install", *options, *indexes, *words], tree, scratch, socket_path)

    def _uv(self, words: list[str], tree: Path, scratch: Path, socket_path: Path | None) -> CommandResult:
        cache = self.cache_dir / "uv"
        fixed = ["--no-config", "--no-python-downloads", "--color", "never", "--no-progress", "--system-certs", "--cache-dir", str(cache)]
        local = [Path(unquote(urlsplit(url).path)) for url in self.index_urls if urlsplit(url).scheme == "file"]
        certificates = [Path(os.environ[name]) for name in ("SSL_CERT_FILE",) if Path(os.environ.get(name, "")).is_file()]
        return self.sandbox.run(
            [str(self.uv), *words, *fixed],
            cwd=tree,
            writable=[self.root, cache, tree, scratch],
            readable=[self.uv.resolve(), *_index_roots(local), *certificates],
            env=_build_variables(tree) | {"TMPDIR": str(scratch)} | ({"SSL_CERT_FILE": str(certificates[0])} if certificates else {}),
            limits=self.limits,
            proxy_socket=socket_path,
        )

    @contextlib.contextmanager
    def _network(self) -> Iterator[Path | None]:
        allowed = allowed_addresses(self.index_urls, self.file_hosts)
        if not allowed:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix="metabuilder-proxy-") as folder:
            path = Path(folder) / "proxy.sock"  # short: the name of a unix socket has 107 bytes
            with PackageProxy(path, allowed).serve():
                yield path


@dataclass(frozen=True)
class _Reader:
    """Text files of a tree with edits over it; what is missing or no text reads as empty."""

    tree: Path
    edits: TreeEdits

    def text(self, name: str) -> str:
        if name in self.edits:
            content = self.edits[name] or b""
        else:
            try:
                content = tree_read(self.tree, name)
            except OSError:
                return ""
        return content.decode("utf-8", "surrogateescape")

    def with_includes(self, names: Sequence[str]) -> dict[str, str]:
        """Name -> text of requirement files and of all that they include."""
        found: dict[str, str] = {}
        waiting = list(names)
        while waiting and len(found) < 100:
            name = os.path.normpath(waiting.pop())
            if name in found:
                continue
            found[name] = self.text(name)
            folder = os.path.dirname(name)  # noqa: PTH120  text in, text out
            waiting += [os.path.join(folder, included) for included in _INCLUDE.findall(found[name])]  # noqa: PTH118
        return found


def _names_tree(text: str) -> bool:
    return any(line.strip() and _TREE_LINE.match(line) for line in text.splitlines())


def find_python(version: str | None, uv: Path) -> Path:
    """The interpreter of `version` that sandboxed commands can see. Raises EnvironmentFailed when there is none."""
    base = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version is None or version in (ours, platform.python_version(), str(sys.version_info.major)):
        return base
    command = [str(uv), "python", "find", "--no-config", "--no-project", "--no-python-downloads", "--system", version]
    path = f"{base.parent}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        command, cwd="/", env={"PATH": path, "HOME": "/nonexistent"}, capture_output=True, text=True, timeout=60, check=False
    )
    found = Path(done.stdout.strip() or "/nonexistent").resolve()
    if done.returncode == 0 and (found.is_relative_to("/usr") or found.is_relative_to(sys.base_prefix)):
        return found
    reason = f"Python {version} is not installed for all users on this worker (it has {ours}); install it below /usr."
    raise EnvironmentFailed((RequirementFailure("", "python", reason, version),), done.stderr)


def _build_variables(tree: Path) -> dict[str, str]:
    """Versions that projects read from git tags, which a snapshot has none of."""
    text = "\n".join(_Reader(tree, {}).text(name) for name in ("pyproject.toml", "setup.cfg", "setup.py"))
    variables: dict[str, str] = {}
    for name in dict.fromkeys(re.findall(r"""(?m)^\s*name\s*=\s*["']?([A-Za-z0-9][\w.-]*)""", text)):
        variables[f"SETUPTOOLS_SCM_PRETEND_VERSION_FOR_{re.sub(r'[-_.]+', '_', name).upper()}"] = "99.0.0"
    if "pbr" in text:
        variables["PBR_VERSION"] = "99.0.0"
    if "poetry-dynamic-versioning" in text:
        variables["POETRY_DYNAMIC_VERSIONING_BYPASS"] = "99.0.0"
    return variables


def _index_roots(folders: list[Path]) -> list[Path]:
    """A local index links to files beside it (`../files`), so its parent is what must be seen."""
    return [folder.parent if folder.name == "simple" else folder for folder in folders if folder.exists()]


def _has(site_packages: Path, distribution: str) -> bool:
    wanted = canonicalize_name(distribution)
    return any(canonicalize_name(path.name.split("-", 1)[0]) == wanted for path in site_packages.glob("*.dist-info"))


def _failed(result: CommandResult) -> Exception:
    if result.killed == "cancelled":
        return SandboxFailed("The build of the environment was cancelled.")
    if result.killed:
        failure = RequirementFailure("", "other", f"Building the environment was stopped: {result.killed} limit.")
        return EnvironmentFailed((failure,), result.stderr[-LOG_BYTES:])
    return EnvironmentFailed(parse_failure(result.stderr), result.stderr[-LOG_BYTES:])


def _last_line(result: CommandResult) -> str:
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else "The virtual environment could not be made."


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
