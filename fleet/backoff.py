"""How long a failed job waits: pure."""

import random
from datetime import timedelta

MAX_FAILURES = 3
FIRST = timedelta(seconds=3)
CAP = timedelta(minutes=5)


def retry_in(failures: int, *, jitter: float | None = None) -> timedelta | None:
    """The wait after the n-th failure: 3 s * 2**(n-1), capped, plus up to a tenth; None when it has failed too often."""
    if failures >= MAX_FAILURES:
        return None
    spread = random.random() if jitter is None else jitter
    return min(FIRST * (1 << (failures - 1)), CAP) * (1 + spread / 10)
