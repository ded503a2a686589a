"""Another uid for every sandbox when the platform is root, and the folders it may write lent to it for that long.

Ordinary users keep their own uid: the user namespace of the sandbox maps it and nothing has to change hands.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repairs.engine.workspace.errors import SandboxFailed
from repairs.engine.workspace.walk import TooDeep, walk_entries

FIRST_UID = 61_000
SLOTS = 512
LOCK_DIR = Path("/run/metabuilder-sandbox")


@dataclass
class _Loan:
    """A uid lent to the running commands of this process that share a writable folder."""

    uid: int
    lock: int  # descriptor that holds the slot's lock
    users: int = 0
    paths: set[Path] = field(default_factory=set)


_guard = threading.RLock()
_loans: list[_Loan] = []


@contextlib.contextmanager
def lent_uid(paths: Sequence[Path]) -> Iterator[int | None]:
    """A uid that no other sandbox on this machine uses now, owning everything below `paths`; None for an ordinary user.

    Commands of one process that run at once on the same folder share a uid. When the last one ends the folders come back.
    Two processes must not run commands on one folder at once: each would take it from the other.
    """
    if os.geteuid() != 0:
        yield None
        return
    real = {path.resolve() for path in paths}
    with _guard:
        loan = next((loan for loan in _loans if loan.paths & real), None) or _new_loan()
        loan.users += 1
        loan.paths |= real
        for path in real:
            give_tree(path, loan.uid)
    try:
        yield loan.uid
    finally:
        with _guard:
            loan.users -= 1
            if not loan.users:
                _end_loan(loan)


def _new_loan() -> _Loan:
    uid, lock = _take_slot()
    loan = _Loan(uid, lock)
    _loans.append(loan)
    return loan


def _end_loan(loan: _Loan) -> None:
    _loans.remove(loan)
    try:
        for path in loan.paths:
            with contextlib.suppress(OSError):
                give_tree(path, os.geteuid())
    finally:
        os.close(loan.lock)


def _take_slot() -> tuple[int, int]:
    LOCK_DIR.mkdir(mode=0o700, exist_ok=True)
    owner = LOCK_DIR.lstat()
    if not stat.S_ISDIR(owner.st_mode) or owner.st_uid != 0:
        raise SandboxFailed(f"{LOCK_DIR} is not a folder of root.", "Remove it.")
    start = os.getpid()
    for offset in range(SLOTS):
        slot = (start + offset) % SLOTS
        descriptor = os.open(LOCK_DIR / str(slot), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return FIRST_UID + slot, descriptor
        except BlockingIOError:
            os.close(descriptor)
    raise SandboxFailed(f"All {SLOTS} sandbox uids are in use.", "Lower META_V4_CPU_WORKERS or wait.")


def give_tree(root: Path, uid: int) -> None:
    """Make `uid` (and the group of the same number) own `root` and all below it; symbolic links themselves, never their targets."""

    def give(descriptor: int, name: str, status: os.stat_result) -> None:
        if status.st_uid != uid or status.st_gid != uid:
            os.chown(name, uid, uid, dir_fd=descriptor, follow_symlinks=False)

    os.chown(root, uid, uid, follow_symlinks=False)
    try:
        walk_entries(root, give)
    except TooDeep:
        chown = shutil.which("chown") or "/bin/chown"  # fts goes down and up again with few descriptors, and -P -h never follow
        subprocess.run([chown, "-hPR", f"{uid}:{uid}", "--", str(root)], check=False, capture_output=True)
