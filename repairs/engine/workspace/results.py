"""From how a watched process ended to what the caller is told."""

import signal
from collections.abc import Sequence

from repairs.engine.types import CommandResult
from repairs.engine.workspace.process import Ended

_SIGNALS = {int(number) for number in signal.Signals}


def command_result(argv: Sequence[str], ended: Ended, *, is_out_of_memory: bool) -> CommandResult:
    """Programs in between report death by signal n as 128+n, as shells do; callers get -n. Output is whatever it was, made text."""
    code = ended.returncode
    if code > 128 and code - 128 in _SIGNALS:
        code = 128 - code
    killed = ended.killed or ("memory" if is_out_of_memory else None)
    if killed is None and code == -signal.SIGXCPU:
        killed = "timeout"
    return CommandResult(
        argv=tuple(argv),
        exit_code=None if ended.killed else code,
        stdout=ended.stdout.decode("utf-8", "replace"),
        stderr=ended.stderr.decode("utf-8", "replace"),
        duration_seconds=ended.duration_seconds,
        killed=killed,
        is_truncated=ended.is_truncated,
    )
