"""Readable, prefixed, unguessable ids: `run_7f3k…`."""

import re
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case: no i, l, o, u
ID_PATTERN = re.compile(r"^[a-z][a-z0-9]*_[A-Za-z0-9_-]{1,58}$")


def new_id(prefix: str) -> str:
    """80 random bits behind a prefix: `new_id("run") == "run_6w4c0j9k2m5n8p1q"`."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(16))
