"""The whole stack for one command: join the one that runs, or start one that ends with its last user."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from metabuilder.embedded.locks import is_locked, lock_take
from metabuilder.embedded.state import EngineTrouble, read_json, state_dir

START_SECONDS = 90.0


class StackFailed(RuntimeError):
    """No stack could be joined or started; the sentence says why."""


@dataclass
class StackHandle:
    """A running stack. It is kept alive until `stop`, or until this process ends, however it ends."""

    base_url: str
    token: str
    _lock: int | None = None
    _path: Path | None = None

    def stop(self) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        if self._lock is not None:
            with contextlib.suppress(OSError):
                os.close(self._lock)
        self._lock = self._path = None


def stack_ensure() -> StackHandle:
    """Join the running stack or start one in the background, and wait until it is ready. Raises StackFailed."""
    try:
        state = state_dir()
    except EngineTrouble as error:
        raise StackFailed(str(error)) from error
    path, lock = _register(state)
    handle = StackHandle("", "", lock, path)
    try:
        handle.base_url, handle.token = _ready(state)
    except StackFailed:
        handle.stop()
        raise
    return handle


def users(state: Path) -> Iterator[Path]:
    """The commands that use the stack now; files of the dead are removed."""
    for path in (state / "users").glob("*.lock"):
        if is_locked(path):
            yield path
        else:
            path.unlink(missing_ok=True)


def _register(state: Path) -> tuple[Path, int]:
    number = 0
    while True:
        path = state / "users" / f"{os.getpid()}-{number}.lock"
        lock = lock_take(path)
        if lock is not None:
            return path, lock
        number += 1


def _ready(state: Path) -> tuple[str, str]:
    deadline = time.monotonic() + START_SECONDS
    starter: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        if is_locked(state / "stack.lock"):
            stack = read_json(state / "stack.json")
            if stack and stack.get("state") == "ready":
                return stack["base_url"], stack["token"]
        elif starter is None or starter.poll() is not None:
            if starter is not None and starter.returncode:
                raise StackFailed(f"The stack did not start:\n{_tail(state / 'logs' / 'stack.log')}")
            starter = _start(state)
        time.sleep(0.05)
    raise StackFailed(f"The stack was not ready after {START_SECONDS:.0f} s:\n{_tail(state / 'logs' / 'stack.log')}")


def _start(state: Path) -> "subprocess.Popen[bytes]":
    logs = state / "logs"
    logs.mkdir(exist_ok=True)
    with (logs / "stack.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "metabuilder.cli", "up", "--while-used"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=Path(__file__).resolve().parents[2],
        )


def _tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
