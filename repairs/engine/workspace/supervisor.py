"""A small program between the worker and a command, for machines without namespaces: sets limits, drops the uid, leaves nothing behind.

It reads its orders as JSON from a descriptor, adopts every orphan of the command (PR_SET_CHILD_SUBREAPER) and kills what is left when the
command ends, when it is told to stop (SIGTERM), or when the worker dies. It imports nothing of the platform.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import time
from types import FrameType
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
SETUP_FAILED = 125
PATIENCE_SECONDS = 10.0


def main(descriptor: int) -> None:
    with os.fdopen(descriptor, "rb") as file:
        orders = json.load(file)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    sandbox = _sandlock(orders)
    code = SETUP_FAILED
    try:
        signal.signal(signal.SIGTERM, _stop)
        child = os.fork()
        if child == 0:
            _become(orders, prctl, sandbox)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except _Stopped:
        code = -signal.SIGKILL
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        kill_descendants(orders["uid"])
    os._exit(code if code >= 0 else 128 - code)


class _Stopped(BaseException):
    pass


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _sandlock(orders: dict[str, Any]) -> Any:
    """The Landlock policy, made while this process may still read its own packages; None without one."""
    if not orders["policy"]:
        return None
    sys.path.append(orders["packages"])  # isolated mode knows no PYTHONPATH
    import sandlock  # only this backend needs it, and only here

    return sandlock.Sandbox(**orders["policy"])


def _become(orders: dict[str, Any], prctl: Any, sandbox: Any) -> None:
    """Turn this process into the command; never returns."""
    try:
        for number in (signal.SIGPIPE, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        for number, value in orders["limits"]:
            hard = resource.getrlimit(number)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (value, value))
        os.umask(0o022)
        if orders["uid"] is not None:
            os.setgroups([])
            os.setresgid(*[orders["uid"]] * 3)
            os.setresuid(*[orders["uid"]] * 3)
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        os.chdir(orders["cwd"])
        if sandbox is not None:
            os._exit(_confined(sandbox, orders["argv"]))
        os.execvpe(orders["argv"][0], orders["argv"], orders["env"])
    except FileNotFoundError as error:
        print(f"{orders['argv'][0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)
    except BaseException as error:
        print(f"sandbox: {error}", file=sys.stderr, flush=True)
        os._exit(SETUP_FAILED)


def _confined(sandbox: Any, argv: list[str]) -> int:
    """Run under sandlock with our own standard streams; the exit status as shells say it. Its memory and time kills name no signal."""
    result = sandbox.popen(argv).wait()
    if result.exit_code is not None and result.exit_code >= 0:
        return int(result.exit_code)
    return 128 + (result.signal if result.signal and result.signal > 0 else signal.SIGKILL)


def kill_descendants(uid: int | None) -> None:
    """Kill every process that came from the command, however it hid: all of its uid, and all that were left to us as orphans."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if uid is not None:
            _kill_uid(uid)
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _kill_uid(uid: int) -> None:
    """One call for all: `kill(-1)` as that uid cannot be outrun by forking."""
    killer = os.fork()
    if killer == 0:
        with contextlib.suppress(OSError):
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(killer, 0)


def descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  names are all we need
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        for pid in children.get(waiting.pop(), []):
            found.append(pid)
            waiting.append(pid)
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]))
