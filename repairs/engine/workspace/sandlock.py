"""The second backend: Landlock and seccomp through the wheel `sandlock`; needs no privileges and no namespaces."""

import importlib.util
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repairs.engine.types import Limits
from repairs.engine.workspace import forwarder
from repairs.engine.workspace.limits import ControlGroup
from repairs.engine.workspace.mounts import ETC_FILES, SYSTEM_FOLDERS, platform_paths
from repairs.engine.workspace.rlimits import Order, RlimitsSandbox

_COUNTED_BY_SANDLOCK = frozenset({resource.RLIMIT_AS, resource.RLIMIT_NPROC})
DEVICES_READ = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
DEVICES_WRITE = ("/dev/null", "/dev/full", "/dev/zero")
PROC_READ = ("/proc",)  # the supervisor of sandlock shows only the sandbox's own processes there
ETC_MORE = ("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts")


def package_folder() -> Path | None:
    """Where the wheel `sandlock` is installed, or None."""
    spec = importlib.util.find_spec("sandlock")
    return Path(spec.origin).parent.parent if spec is not None and spec.origin else None


@dataclass
class SandlockSandbox(RlimitsSandbox):
    """Sandbox on sandlock. Differences from bubblewrap: system files keep their real names and owners, `hidden` needs no mask since only
    what is named can be read, and as root the interpreter must lie where other users can enter."""

    name: str = "sandlock"
    is_isolating: bool = True

    def _orders(self, order: Order, uid: int | None) -> dict[str, Any]:
        port = forwarder.free_port() if order.proxy_socket is not None else None
        argv, variables = list(order.argv), dict(order.variables)
        if port is not None:
            variables |= forwarder.proxy_variables(port)
            argv = [sys.executable, "-I", "-S", forwarder.__file__, str(order.proxy_socket), str(port), *argv]
        orders = super()._orders(order, uid) | {"argv": argv, "env": variables}
        return orders | {"policy": _policy(order, variables, port), "packages": str(package_folder())}

    def _resource_limits(self, limits: Limits, group: ControlGroup, uid: int | None) -> dict[int, int]:
        values = super()._resource_limits(limits, group, uid)
        return {number: value for number, value in values.items() if number not in _COUNTED_BY_SANDLOCK}


def _policy(order: Order, variables: dict[str, str], port: int | None) -> dict[str, Any]:
    """Arguments of `sandlock.Sandbox`; everything not named is refused."""
    system = [path for path in (*SYSTEM_FOLDERS, *ETC_FILES, *ETC_MORE, *DEVICES_READ, *PROC_READ) if Path(path).exists()]
    readable = [*system, *map(str, platform_paths()), *(str(path.resolve()) for path in order.readable)]
    writable = [*DEVICES_WRITE, *(str(path.resolve()) for path in order.writable)]
    if port is not None:
        readable += [forwarder.__file__, str(order.proxy_socket)]
        writable += [str(order.proxy_socket)]
    return {
        "fs_readable": list(dict.fromkeys(readable)),
        "fs_writable": list(dict.fromkeys(writable)),
        "clean_env": True,
        "env": variables,
        "cwd": str(order.cwd.resolve()),
        "max_memory": order.limits.memory_bytes,
        "max_processes": order.limits.processes,
        "no_coredump": True,
        "net_allow": [f"127.0.0.1:{port}"] if port is not None else [],
        "net_allow_bind": [port] if port is not None else [],
    }
