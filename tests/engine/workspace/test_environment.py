"""Environments: what a tree needs is installed by a build that sees the indexes and nothing else."""

import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from repairs.engine.bench import Sandbox
from repairs.engine.types import CommandResult, EnvironmentSpec
from repairs.engine.workspace.environment import EnvironmentFailed, PreparedEnvironment, environment_key, environment_prepare
from repairs.engine.workspace.errors import SandboxUnavailable
from repairs.engine.workspace.sandbox import sandbox_open
from repairs.engine.workspace.tree import workspace_open
from tests.engine.workspace.conftest import SECRET
from tests.engine.workspace.package_index import make_sdist, make_wheel, served, source_files

_BESIDE = Path(sys.executable).parent / "uv"
UV = str(_BESIDE if _BESIDE.exists() else shutil.which("uv") or _BESIDE)


@dataclass
class Yard:
    """An index, a tenant's cache, a tree, a sandbox."""

    index: Path
    url: str
    cache: Path
    tree: Path
    sandbox: Sandbox

    def prepare(self, **spec: object) -> PreparedEnvironment:
        wanted = EnvironmentSpec(**spec)  # type: ignore[arg-type]
        return environment_prepare(wanted, self.tree, self.cache, self.sandbox, index_urls=(self.url,), uv=Path(UV), tools=())

    def python(self, prepared: PreparedEnvironment, code: str, changes: dict[str, str] | None = None) -> CommandResult:
        """Run `code` with the environment in a private copy of the tree."""
        root = prepared.environment.root
        assert root is not None
        with workspace_open(self.tree, parent=self.cache.parent / "w") as workspace:
            for name, content in (changes or {}).items():
                (workspace.tree / name).write_text(content)
            argv = [str(prepared.environment.python), "-c", code]
            return self.sandbox.run(argv, cwd=workspace.tree, writable=[workspace.tree], readable=[root])


@pytest.fixture
def yard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    if not Path(UV).exists():
        pytest.skip("uv is not installed")
    try:
        sandbox = sandbox_open("auto")
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    monkeypatch.setenv("DATABASE_URL", SECRET)
    with tempfile.TemporaryDirectory(prefix="yard-") as name:
        base = Path(name).resolve()
        (base / "tree").mkdir()
        make_wheel(base / "index", "alpha", "1.0", {"alpha.py": "VALUE = 1\n"})
        make_wheel(base / "index", "alpha", "2.0", {"alpha.py": "VALUE = 2\n"})
        make_wheel(base / "index", "beta", "1.0", {"beta.py": "import alpha\n"}, ("alpha<2",))
        with served(base / "index") as url:
            yield Yard(base / "index", url, base / "cache", base / "tree", sandbox)


def test_an_empty_spec_is_the_platforms_interpreter(yard: Yard) -> None:
    prepared = yard.prepare(variables=(("A", "b"),))
    assert (prepared.key, prepared.environment.root) == ("", None)
    assert not yard.cache.exists()


def test_requirements_are_installed_once_and_then_taken_from_the_cache(yard: Yard) -> None:
    (yard.tree / "requirements.txt").write_text("-r more/base.txt\n")
    (yard.tree / "more").mkdir()
    (yard.tree / "more" / "base.txt").write_text("beta\n")
    first = yard.prepare(requirement_files=("requirements.txt",))
    assert yard.python(first, "import beta, alpha; print(alpha.VALUE)").stdout == "1\n"
    again = yard.prepare(requirement_files=("requirements.txt",))
    assert (first.is_cached, again.is_cached) == (False, True)
    assert again.environment == first.environment
    (yard.tree / "more" / "base.txt").write_text("alpha==2.0\n")
    changed = yard.prepare(requirement_files=("requirements.txt",))
    assert changed.key != first.key
    assert yard.python(changed, "import alpha; print(alpha.VALUE)").stdout == "2\n"


def test_the_key_is_over_all_that_decides_and_over_edits(yard: Yard) -> None:
    (yard.tree / "r.txt").write_text("alpha\n")
    (yard.tree / "pyproject.toml").write_text("[project]\n")
    spec = EnvironmentSpec(requirement_files=("r.txt",))
    key = environment_key(spec, yard.tree)
    assert key == environment_key(spec, yard.tree, {"code.py": b"x", "pyproject.toml": b"other"})
    assert key != environment_key(spec, yard.tree, {"r.txt": b"beta\n"})
    assert key != environment_key(spec, yard.tree, {"r.txt": None})
    own = EnvironmentSpec(install_tree=True)
    assert environment_key(own, yard.tree) != environment_key(own, yard.tree, {"pyproject.toml": b"other"})


@pytest.mark.parametrize(
    ("requirements", "package", "kind"),
    [
        (("no-such-thing",), "no-such-thing", "missing"),
        (("alpha==99",), "alpha", "version"),
        (("alpha==2.0", "beta"), "alpha", "conflict"),
        (("alpha=>1",), "alpha", "malformed"),
    ],
)
def test_what_cannot_be_installed_is_said_as_a_fact(yard: Yard, requirements: tuple[str, ...], package: str, kind: str) -> None:
    with pytest.raises(EnvironmentFailed) as caught:
        yard.prepare(requirements=requirements)
    found = {(failure.package, failure.kind) for failure in caught.value.failures}
    assert (package, kind) in found, caught.value.log
    assert not [path for path in yard.cache.iterdir() if path.is_dir() and path.name not in ("uv", "building")], "nothing half-made is left"


def test_a_failing_build_names_its_package(yard: Yard) -> None:
    make_sdist(yard.index, "gamma", "1.0", "raise RuntimeError('no compiler here')")
    with pytest.raises(EnvironmentFailed) as caught:
        yard.prepare(requirements=("gamma",))
    (failure,) = caught.value.failures
    assert (failure.package, failure.kind) == ("gamma", "build")
    assert "no compiler here" in failure.reason


HOSTILE = """
import os, pathlib, socket
seen = []
for path in ("/etc/shadow", {state!r}):
    try:
        seen.append(pathlib.Path(path).read_text())
    except OSError:
        pass
seen.append(os.environ.get("DATABASE_URL", "no variable"))
for path in ({outside!r}, "/usr/evil"):
    try:
        pathlib.Path(path).write_text("x")
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", {port}), 2); seen.append("direct")
except OSError:
    pass
proxy = os.environ["HTTPS_PROXY"].rpartition(":")[2]
def ask(line):
    with socket.create_connection(("127.0.0.1", int(proxy)), 3) as s:
        s.sendall((line + "\\r\\n\\r\\n").encode())
        return s.recv(40).split(b"\\r")[0].decode()
for line in ("CONNECT 127.0.0.1:{port} HTTP/1.1", "GET http://127.0.0.1:{port}/ HTTP/1.1", "CONNECT example.org:443 HTTP/1.1"):
    seen.append(ask(line))
FILES = {{"delta.py": f"SEEN = {{seen!r}}\\n"}}
"""


def test_hostile_build_code_learns_nothing_and_reaches_nothing(yard: Yard) -> None:
    state = yard.cache.parent / "state"
    state.mkdir()
    (state / "key").write_text(SECRET)
    outside = yard.cache.parent / "outside"
    with socket.create_server(("127.0.0.1", 0)) as database:
        database.settimeout(0.2)
        port = database.getsockname()[1]
        build = HOSTILE.format(state=str(state / "key"), outside=str(outside), port=port)
        make_sdist(yard.index, "delta", "1.0", build)
        prepared = yard.prepare(requirements=("delta",))
        with pytest.raises(TimeoutError):
            database.accept()
    seen = yard.python(prepared, "import delta; print(delta.SEEN)").stdout
    assert seen.strip() == repr(["no variable", *["HTTP/1.1 403 Forbidden"] * 3])
    assert not outside.exists()
    assert not Path("/usr/evil").exists()


def project(tree: Path, requires: tuple[str, ...] = ()) -> None:
    """A src-layout project whose build makes one module that the tree does not hold."""
    build = (
        "import pathlib\nFILES = {'shop/__init__.py': pathlib.Path('src/shop/__init__.py').read_text(), 'shop/_version.py': 'V = 7\\n',"
        " 'shop-1.0.dist-info/entry_points.txt': '[console_scripts]\\nshop = shop:main\\n'}\n"
    )
    for name, content in source_files("shop", "1.0", build, requires).items():
        (tree / name).write_text(content)
    (tree / "src" / "shop").mkdir(parents=True)
    (tree / "src" / "shop" / "__init__.py").write_text("from shop._version import V\nX = 'source'\ndef main(): print('main', X, V)\n")


SHOW = "import alpha, shop, importlib.metadata as m; print(shop.X, shop.V, m.version('shop'), alpha.VALUE, 'src' in shop.__file__)"


@pytest.mark.parametrize("way", ["install_tree", "editable line"])
def test_an_installed_tree_is_the_copy_at_hand(yard: Yard, way: str) -> None:
    project(yard.tree, ("alpha<2",))
    if way == "install_tree":
        prepared = yard.prepare(install_tree=True)
    else:
        (yard.tree / "dev.txt").write_text("# the project itself\n-e .\nalpha\n")
        prepared = yard.prepare(requirement_files=("dev.txt",))
    assert yard.python(prepared, SHOW).stdout == "source 7 1.0 1 True\n"
    patched = "from shop._version import V\nX = 'patched'\ndef main(): print('main', X, V)\n"
    assert yard.python(prepared, SHOW, {"src/shop/__init__.py": patched}).stdout == "patched 7 1.0 1 True\n"
    assert yard.python(prepared, "import shop.extra; print(shop.extra.Y)", {"src/shop/extra.py": "Y = 1\n"}).stdout == "1\n"
    script = f"import subprocess; print(subprocess.check_output([{str(prepared.environment.python.with_name('shop'))!r}], text=True))"
    assert yard.python(prepared, script, {"src/shop/__init__.py": patched}).stdout.split() == ["main", "patched", "7"]


def test_two_workers_at_once_build_once(yard: Yard) -> None:
    barrier = threading.Barrier(2)

    def prepare(_number: int) -> PreparedEnvironment:
        barrier.wait()
        return yard.prepare(requirements=("beta",))

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(prepare, range(2))
    assert sorted([one.is_cached, two.is_cached]) == [False, True]
    assert one.environment == two.environment


def test_what_is_built_can_be_read_and_not_written_by_checks(yard: Yard) -> None:
    prepared = yard.prepare(requirements=("alpha",))
    root = prepared.environment.root
    assert root is not None
    result = yard.python(prepared, f"import alpha; open({str(root / 'evil')!r}, 'w')")
    assert result.exit_code == 1
    assert not (root / "evil").exists()
    assert {path.lstat().st_uid for path in (root, *root.rglob("*"))} == {yard.tree.stat().st_uid}


def test_a_python_that_is_not_here_is_said_plainly(yard: Yard) -> None:
    with pytest.raises(EnvironmentFailed) as caught:
        yard.prepare(python="3.1")
    assert caught.value.failures[0].kind == "python"
    assert "3.1" in str(caught.value)


def test_a_local_folder_can_be_the_index(yard: Yard) -> None:
    for folder in list(yard.index.iterdir()):
        links = "".join(f'<a href="{file.name}">{file.name}</a>' for file in folder.iterdir())
        (folder / "index.html").write_text(links)
    spec = EnvironmentSpec(requirements=("beta",))
    prepared = environment_prepare(spec, yard.tree, yard.cache, yard.sandbox, index_urls=(yard.index.as_uri(),), uv=Path(UV), tools=())
    assert yard.python(prepared, "import beta; print('ok')").stdout == "ok\n"
