"""Sticky assignment by hash: pure."""

import hashlib

SALT = "meta-builder-v4"


def arm_of(key: str, *, percent: int) -> str:
    """`v4` for `percent` of all keys, `control` for the rest; a key keeps its arm while the percentage only grows."""
    bucket = int.from_bytes(hashlib.sha256(f"{SALT}/{key}".encode()).digest()[:8], "big") % 10_000
    return "v4" if bucket < percent * 100 else "control"
