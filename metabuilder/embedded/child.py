"""Start a server process that dies with its keeper and runs as another user when the keeper is root."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Who owns the engines' data when the keeper is root: PostgreSQL refuses to run as root, and initdb as a user without a name.
ENGINE_USERS = ("postgres", "nobody", "daemon")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def child_spawn(
    argv: Sequence[str], *, log: Path, death_signal: int, stdin: bytes | None = None, env: dict[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start `argv`, logging to `log`; the kernel sends it `death_signal` when this process dies."""
    parent = os.getpid()

    def prepare() -> None:
        # After the change of user: a change of credentials clears the setting.
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)

    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=prepare,
            start_new_session=True,
            env=env,
            cwd="/",
            **_other_user(),
        )
    if stdin is not None:
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
    return process


def _engine_user() -> pwd.struct_passwd:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in ENGINE_USERS if name in known)


def _other_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    user = _engine_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give_to_engine(path: Path) -> None:
    """Make `path` the engine's own; nothing to do for an ordinary user."""
    if os.geteuid() == 0:
        user = _engine_user()
        os.chown(path, user.pw_uid, user.pw_gid)


def run_as_engine(argv: Sequence[str], *, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(argv, capture_output=True, text=True, cwd="/", env=env, check=False, **_other_user())


def stop(process: "subprocess.Popen[bytes]", number: int, *, seconds: float) -> None:
    """Ask with a signal, wait, then kill."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()


def free_port(preferred: int | None = None) -> int:
    """A loopback port that is free now; the preferred one when it is."""
    for port in (preferred, 0) if preferred else (0,):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise OSError("no free port on loopback")
