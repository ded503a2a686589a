"""What the kernel enforces on one command: resource limits always, a control group where this process may make one."""

import contextlib
import errno
import os
import resource
import secrets
import time
from dataclasses import dataclass, field
from functools import cache
from math import ceil
from pathlib import Path

from repairs.engine.types import Limits

OPEN_FILES = 4096
CGROUP_ROOT = Path("/sys/fs/cgroup")
LEAF = "metabuilder-worker"  # version 2 allows processes only in leaves, so the worker itself moves into this one


def resource_limits(limits: Limits, *, has_memory_group: bool) -> dict[int, int]:
    """Limit number -> value, soft and hard alike.

    Address space is limited only where no control group counts memory: node and the sanitizers reserve far more than they use.
    """
    values = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: ceil(limits.seconds) + 1,
        resource.RLIMIT_FSIZE: limits.disk_bytes,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_NPROC: limits.processes,
    }
    if not has_memory_group:
        values[resource.RLIMIT_AS] = limits.memory_bytes
    return values


def apply_resource_limits(pid: int, values: dict[int, int]) -> None:
    """Set the limits of another process that has not begun its work; never above what this process itself is held to."""
    for number, value in values.items():
        _, hard = resource.getrlimit(number)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.prlimit(pid, number, (value, value))


@dataclass
class ControlGroup:
    """One command's control group: a folder for each controller under version 1, one folder under version 2."""

    folders: list[Path] = field(default_factory=list)
    memory: Path | None = None  # the folder that limits memory

    def add(self, pid: int) -> None:
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    @property
    def is_out_of_memory(self) -> bool:
        """Did the kernel kill a process of the group for its memory?"""
        if self.memory is None:
            return False
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError):
                rows = dict(line.split(" ", 1) for line in (self.memory / name).read_text().splitlines())
                return int(rows.get("oom_kill", "0")) > 0
        return False

    def pids(self) -> set[int]:
        found: set[int] = set()
        for folder in self.folders:
            with contextlib.suppress(OSError):
                found.update(int(word) for word in (folder / "cgroup.procs").read_text().split())
        return found

    def close(self) -> None:
        """Remove the group; its processes must be dead, though the kernel may still be burying them."""
        for folder in self.folders:
            for _ in range(50):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError as error:
                    if error.errno != errno.EBUSY:
                        break
                    time.sleep(0.01)


def control_group_create(limits: Limits) -> ControlGroup:
    """A new group below this process's own, or an empty one (no folders) where none may be made."""
    name = f"metabuilder-{os.getpid()}-{secrets.token_hex(6)}"
    group = ControlGroup()
    for controllers, parent in _parents():
        folder = parent / name
        try:
            folder.mkdir()
        except OSError:
            continue
        group.folders.append(folder)
        _configure(group, folder, controllers, limits)
    return group


def _configure(group: ControlGroup, folder: Path, controllers: frozenset[str], limits: Limits) -> None:
    if "memory" in controllers:
        for name in ("memory.max", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):
            with contextlib.suppress(OSError):
                _write(folder / name, str(limits.memory_bytes))
                group.memory = folder
        with contextlib.suppress(OSError):
            _write(folder / "memory.swap.max", "0")
        with contextlib.suppress(OSError):
            _write(folder / "memory.oom.group", "0")
    if "pids" in controllers:
        with contextlib.suppress(OSError):
            _write(folder / "pids.max", str(limits.processes))


def _write(path: Path, value: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)  # control files exist already; making one would hide a typing error
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)


@cache
def _parents() -> tuple[tuple[frozenset[str], Path], ...]:
    """(controllers, folder below which groups may be made), looked up once a process."""
    try:
        memberships = Path("/proc/self/cgroup").read_text()
    except OSError:
        return ()
    return find_parents(memberships, CGROUP_ROOT)


def find_parents(memberships: str, root: Path) -> tuple[tuple[frozenset[str], Path], ...]:
    """Read /proc/self/cgroup: version 2 where memory and pids are delegated to us, then version 1, each only below our own group."""
    rows = [line.split(":", 2) for line in memberships.splitlines() if line.count(":") >= 2]
    for number, _, path in rows:
        own = root / path.lstrip("/")
        own = own.parent if own.name == LEAF else own
        if number == "0" and _is_delegated(own):
            return ((frozenset({"memory", "pids"}), own),)
    found = []
    for number, names, path in rows:
        wanted = {"memory", "pids"} & set(names.split(","))
        own = root / names / path.lstrip("/")
        if number != "0" and wanted and os.access(own, os.W_OK):
            found.append((frozenset(wanted), own))
    return tuple(found)


def _is_delegated(own: Path) -> bool:
    """May children of `own` limit memory and processes? Moves our own processes into a leaf when systemd says the group is ours."""
    try:
        enabled = set((own / "cgroup.subtree_control").read_text().split())
        if {"memory", "pids"} <= enabled and os.access(own, os.W_OK):
            return True
        offered = set((own / "cgroup.controllers").read_text().split())
        if not {"memory", "pids"} <= offered or not _is_marked_ours(own):
            return False
        leaf = own / LEAF
        leaf.mkdir(exist_ok=True)
        for pid in (own / "cgroup.procs").read_text().split():
            (leaf / "cgroup.procs").write_text(pid)
        _write(own / "cgroup.subtree_control", "+memory +pids")
        return True
    except OSError:
        return False


def _is_marked_ours(own: Path) -> bool:
    """systemd marks a delegated group (Delegate=yes) with an extended attribute."""
    for name in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            if os.getxattr(own, name) == b"1":
                return True
    return False
