"""Minds one running command: feeds it, reads it, and stops it at the first limit it crosses."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from repairs.engine.types import Limits
from repairs.engine.workspace.walk import disk_usage

DISK_FIRST_LOOK_SECONDS = 1.0
DISK_LOOK_SECONDS = 0.5
LAST_WORDS_SECONDS = 5.0  # how long a killed command's pipes are still read
TICK_SECONDS = 0.25  # how late a cancellation or a deadline may be noticed
CHUNK = 65536

Cancelled = Callable[[], bool]


@dataclass
class Ended:
    """How a command ended. `returncode` is the watched process's own; `killed` names the limit that stopped it."""

    returncode: int
    stdout: bytes
    stderr: bytes
    duration_seconds: float
    killed: str | None = None
    is_truncated: bool = False


@dataclass
class Watch:
    """One command under watch. `kill` must stop everything the command started."""

    process: "subprocess.Popen[bytes]"
    limits: Limits
    kill: Callable[[], None]
    stdin: bytes = b""
    disk_paths: list[Path] = field(default_factory=list)
    cancelled: Cancelled | None = None

    def __post_init__(self) -> None:
        self._started = time.monotonic()
        self._deadline = self._started + self.limits.seconds
        self._disk_look = self._started + DISK_FIRST_LOOK_SECONDS
        self._killed: str | None = None
        self._killed_at = 0.0
        self._truncated = False
        self._room = self.limits.output_bytes
        self._kept: dict[int, list[bytes]] = {}
        self._selector = selectors.DefaultSelector()
        self._open_pipes = 0

    def run(self) -> Ended:
        """Block until the command has ended and its output is read."""
        assert self.process.stdout is not None and self.process.stderr is not None
        out, err = self.process.stdout.fileno(), self.process.stderr.fileno()
        with self._selector, _exit_descriptor(self.process.pid) as exit_fd:
            self._register(out, err, exit_fd)
            while not self._is_over():
                self._turn()
        returncode = self._reap()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        seconds = time.monotonic() - self._started
        return Ended(returncode, b"".join(self._kept[out]), b"".join(self._kept[err]), seconds, self._killed, self._truncated)

    def _register(self, out: int, err: int, exit_fd: int | None) -> None:
        for descriptor in (out, err):
            os.set_blocking(descriptor, False)
            self._kept[descriptor] = []
            self._selector.register(descriptor, selectors.EVENT_READ, self._read)
            self._open_pipes += 1
        if self.process.stdin is not None:
            os.set_blocking(self.process.stdin.fileno(), False)
            self._unsent = memoryview(self.stdin)
            self._selector.register(self.process.stdin.fileno(), selectors.EVENT_WRITE, self._feed)
        self._exit_fd = exit_fd
        if exit_fd is not None:
            self._selector.register(exit_fd, selectors.EVENT_READ, lambda _fd: None)

    def _turn(self) -> None:
        has_ended = self.process.poll() is not None
        if has_ended and self._exit_fd is not None:
            self._selector.unregister(self._exit_fd)
            self._exit_fd = None
        if has_ended and not self._killed_at:
            self._killed_at = time.monotonic()  # what it left behind holds the pipes; it gets as long as a killed command
        for key, _events in self._selector.select(TICK_SECONDS if self._exit_fd is not None or has_ended else 0.02):
            key.data(key.fd)
        if not has_ended and self._killed is None:
            self._judge()

    def _judge(self) -> None:
        reason = self._crossed_limit()
        if reason:
            self._killed, self._killed_at = reason, time.monotonic()
            self.kill()

    def _crossed_limit(self) -> str | None:
        now = time.monotonic()
        if self._truncated:
            return "output"
        if now >= self._deadline:
            return "timeout"
        if self.cancelled is not None and self.cancelled():
            return "cancelled"
        if self.disk_paths and now >= self._disk_look:
            used = disk_usage(self.disk_paths, stop_above=self.limits.disk_bytes)
            cost = time.monotonic() - now
            self._disk_look = now + max(DISK_LOOK_SECONDS, 20 * cost)
            if used > self.limits.disk_bytes:
                return "disk"
        return None

    def _is_over(self) -> bool:
        if self.process.poll() is None:
            return False
        return self._open_pipes == 0 or bool(self._killed_at and time.monotonic() > self._killed_at + LAST_WORDS_SECONDS)

    def _read(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._selector.unregister(descriptor)
            self._open_pipes -= 1
            return
        if len(data) > self._room:
            self._truncated = True
        self._kept[descriptor].append(data[: self._room])
        self._room -= min(len(data), self._room)

    def _feed(self, descriptor: int) -> None:
        try:
            if self._unsent:
                self._unsent = self._unsent[os.write(descriptor, self._unsent[:CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            self._unsent = memoryview(b"")
        if not self._unsent and self.process.stdin is not None:
            self._selector.unregister(descriptor)
            self.process.stdin.close()
            self.process.stdin = None

    def _reap(self) -> int:
        try:
            return self.process.wait(timeout=LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            kill_group(self.process.pid)
            return self.process.wait()


@contextlib.contextmanager
def _exit_descriptor(pid: int) -> Iterator[int | None]:
    """A descriptor that turns readable when process `pid` ends; None where the system has none."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def kill_group(pid: int) -> None:
    """SIGKILL the process group `pid` leads; nothing to do when it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
