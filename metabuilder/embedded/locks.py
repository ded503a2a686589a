"""Locks that the kernel frees when their holder dies, however it dies."""

import fcntl
import os
from pathlib import Path


def lock_take(path: Path) -> int | None:
    """An exclusive lock on `path`, held by the returned descriptor; None when another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(path: Path) -> bool:
    """Does some living process hold the lock on `path`?"""
    descriptor = lock_take(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
