"""Run the processes of a stack: each dies with its owner, one that dies alone is started again."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 1.0, 30.0
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Program:
    name: str
    argv: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0
    start_at: float = 0.0
    env: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """Starts programs, restarts what dies, stops all warm and then hard."""

    def __init__(self, programs: Sequence[Program], *, logs: Path, say: Callable[[str], None]) -> None:
        self._programs = programs
        self._logs = logs
        self._say = say

    def start(self) -> None:
        for program in self._programs:
            self._spawn(program)

    def look(self) -> None:
        """Start again what has died, later each time it dies soon."""
        for program in self._programs:
            if program.process is not None and program.process.poll() is not None:
                wait = min(FIRST_WAIT_SECONDS * 2 ** (program.starts - 1), MAX_WAIT_SECONDS)
                self._say(f"{program.name} ended with {program.process.returncode}; it starts again in {wait:.0f} s")
                program.process, program.start_at = None, time.monotonic() + wait
            elif program.process is None and time.monotonic() >= program.start_at:
                self._spawn(program)

    def stop(self, *, seconds: float = 20.0) -> None:
        """Ask everybody at once, wait for all, then kill whole groups."""
        running = [program.process for program in self._programs if program.process and program.process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _spawn(self, program: Program) -> None:
        parent = os.getpid()

        def prepare() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

        with (self._logs / f"{program.name}.log").open("ab") as log:
            program.process = subprocess.Popen(
                program.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=prepare,
                env={**os.environ, **program.env},
            )
        program.starts += 1
