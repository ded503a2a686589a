"""The last backend: resource limits and, as root, another uid. It isolates nothing; only a setting allows it."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repairs.engine.types import CommandResult, Limits
from repairs.engine.workspace import supervisor
from repairs.engine.workspace.errors import SandboxFailed
from repairs.engine.workspace.limits import ControlGroup, control_group_create, resource_limits
from repairs.engine.workspace.mounts import fixed_environment
from repairs.engine.workspace.ownership import lent_uid
from repairs.engine.workspace.process import Cancelled, Ended, Watch
from repairs.engine.workspace.results import command_result
from repairs.engine.workspace.walk import remove_tree


@dataclass(frozen=True)
class Order:
    """One command as the backends without namespaces run it."""

    argv: tuple[str, ...]
    cwd: Path
    writable: tuple[Path, ...]
    readable: tuple[Path, ...]
    variables: Mapping[str, str]
    limits: Limits
    proxy_socket: Path | None


@dataclass
class RlimitsSandbox:
    """Sandbox by resource limits alone: the command sees the file system and the network as its user does."""

    hidden: tuple[Path, ...] = ()
    cancelled: Cancelled | None = None
    name: str = "rlimits"
    is_isolating: bool = False

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        writable: Sequence[Path] = (),
        readable: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
        stdin: bytes = b"",
        proxy_socket: Path | None = None,
    ) -> CommandResult:
        """Run `argv` in `cwd`; raises SandboxFailed when it could not be started, never for what the command does."""
        with _private_home() as home, lent_uid([*writable, home]) as uid:
            variables = fixed_environment(cwd) | {"HOME": str(home), "TMPDIR": str(home)} | dict(env or {})
            order = Order(tuple(argv), cwd, (*writable, home), tuple(readable), variables, limits, proxy_socket)
            ended, is_out_of_memory = self._watch(self._orders(order, uid), order, stdin)
        return command_result(argv, ended, is_out_of_memory=is_out_of_memory)

    def _orders(self, order: Order, uid: int | None) -> dict[str, Any]:
        """What the supervisor is told; see there."""
        return {
            "argv": list(order.argv),
            "cwd": str(order.cwd.resolve()),
            "env": dict(order.variables),
            "uid": uid,
            "policy": {},
        }

    def _resource_limits(self, limits: Limits, group: ControlGroup, uid: int | None) -> dict[int, int]:
        values = resource_limits(limits, has_memory_group=group.memory is not None)
        if uid is None:  # the count of an ordinary user's processes includes those outside; leave room for them
            values[resource.RLIMIT_NPROC] += _own_processes()
        return values

    def _watch(self, orders: dict[str, Any], order: Order, stdin: bytes) -> tuple[Ended, bool]:
        group = control_group_create(order.limits)
        orders["limits"] = list(self._resource_limits(order.limits, group, orders["uid"]).items())
        read, write = os.pipe()
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", supervisor.__file__, str(read)],
                env={"LANG": "C.UTF-8", "HOME": "/nonexistent"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[read],
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            os.close(write)
            group.close()
            raise SandboxFailed(f"The supervisor could not be started: {error.strerror}.") from error
        finally:
            os.close(read)
        try:
            with contextlib.suppress(OSError):
                group.add(process.pid)
            with os.fdopen(write, "wb") as pipe:  # the supervisor waits for its orders, so the group is joined by then
                pipe.write(json.dumps(orders).encode())
            kill = lambda: process.send_signal(signal.SIGTERM)  # noqa: E731
            ended = Watch(process, order.limits, kill, stdin, list(order.writable), self.cancelled).run()
            return ended, group.is_out_of_memory
        finally:
            group.close()


@contextlib.contextmanager
def _private_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="metabuilder-home-")).resolve()
    try:
        yield home
    finally:
        remove_tree(home)


def _own_processes() -> int:
    """Threads of this user, which is what the kernel counts."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError, ValueError, StopIteration):
            if status.stat().st_uid == os.geteuid():
                total += int(next(line for line in status.read_text().splitlines() if line.startswith("Threads:")).split()[1])
    return total
