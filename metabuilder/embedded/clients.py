"""Who uses the engines: one locked file a process; the last one out lets the keeper stop."""

import atexit
import os
from pathlib import Path

from metabuilder.embedded.locks import is_locked, lock_take

_held: dict[Path, int] = {}


def client_register(state: Path) -> None:
    """Keep the engines alive as long as this process lives; safe to repeat."""
    path = state / "clients" / f"{os.getpid()}.lock"
    if path in _held:
        return
    descriptor = lock_take(path)
    if descriptor is not None:
        _held[path] = descriptor
        atexit.register(_forget, path, os.getpid())


def _forget(path: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child must not remove its parent's file
        path.unlink(missing_ok=True)


def has_clients(state: Path) -> bool:
    """Is any registered process alive? Files of the dead are removed."""
    alive = False
    for path in (state / "clients").glob("*.lock"):
        if is_locked(path):
            alive = True
        else:
            path.unlink(missing_ok=True)
    return alive
