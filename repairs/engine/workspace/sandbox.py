"""Opens the best sandbox this machine has, or says why none will do."""

import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from repairs.engine.bench import Sandbox
from repairs.engine.types import Limits
from repairs.engine.workspace.bwrap import BwrapSandbox, bwrap_find
from repairs.engine.workspace.errors import SandboxFailed, SandboxUnavailable
from repairs.engine.workspace.process import Cancelled

Backend = Literal["auto", "bwrap", "sandlock", "rlimits"]
INSTALL_HINT = (
    "Install bubblewrap (apt-get install bubblewrap, or the extra metabuilder[embedded]); "
    "META_V4_SANDBOX_REQUIRED=false allows running without isolation."
)
PROBE = Limits(seconds=15, processes=64)


def sandbox_open(
    backend: str = "auto", *, required: bool = True, hidden: Sequence[Path] = (), cancelled: Cancelled | None = None
) -> Sandbox:
    """The first backend that works here, in the order bwrap, sandlock, rlimits; or the one that is named.

    `hidden` folders (the platform's state) are shown to no command. `cancelled` is asked about four times a second while a command
    runs; True ends it. Raises SandboxUnavailable when `required` and nothing isolates.
    """
    if backend not in ("auto", "bwrap", "sandlock", "rlimits"):
        raise SandboxUnavailable(f"META_V4_SANDBOX_BACKEND={backend!r} is none of auto, bwrap, sandlock, rlimits.")
    program = bwrap_find()
    problem = bwrap_problem(program) if program else "bubblewrap is not installed"
    if backend in ("auto", "bwrap") and program and problem is None:
        return BwrapSandbox(program, tuple(hidden), cancelled)
    raise SandboxUnavailable(f"No sandbox: {problem}.", INSTALL_HINT)


@cache
def bwrap_problem(program: Path) -> str | None:
    """Why bubblewrap does not work here, or None; tried once a process with a real command."""
    try:
        result = BwrapSandbox(program).run(["/bin/true"], cwd=Path("/"), limits=PROBE)
    except (SandboxFailed, OSError, subprocess.SubprocessError) as error:
        return f"bubblewrap does not work: {error}"
    return None if result.is_ok else f"bubblewrap does not work: {result.stderr[-200:]}"
