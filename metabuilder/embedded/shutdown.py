"""Stop the engines of a state folder now, whoever uses them."""

import os
import signal
import time
from pathlib import Path

from metabuilder.embedded.locks import is_locked
from metabuilder.embedded.state import read_json


def engines_stop(state: Path, *, seconds: float = 30.0) -> bool:
    """Ask the keeper to end and wait for it; False when it did not in time. True also when none runs."""
    engines = read_json(state / "engines.json")
    if engines and is_locked(state / "keeper.lock"):
        os.kill(engines["pid"], signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_locked(state / "keeper.lock"):
            return True
        time.sleep(0.05)
    return False
