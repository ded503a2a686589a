"""The keeper: owns the engines while some client lives, stops them after, and takes them along when it is killed.

Run as `python -m metabuilder.embedded.keeper STATE_DIR`; started by `connection.engines_join`, never by hand.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from metabuilder.embedded.clients import has_clients
from metabuilder.embedded.locks import lock_take
from metabuilder.embedded.postgres import Postgres
from metabuilder.embedded.state import EngineTrouble, write_private
from metabuilder.embedded.valkey import Valkey

LINGER_SECONDS = 2.0
LOOK_SECONDS = 0.25


class Stopped(Exception):
    """Somebody asked the keeper to end."""


def main(state: Path) -> int:
    """0 after a clean stop, and when another keeper is there already; 1 when an engine does not start or dies."""
    if lock_take(state / "keeper.lock") is None:
        return 0
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)
    (state / "logs").mkdir(exist_ok=True)
    ready = state / "engines.json"
    ready.unlink(missing_ok=True)
    engines: list[Postgres | Valkey] = []
    try:
        return _keep(state, ready, engines)
    except Stopped:
        return 0
    except EngineTrouble as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    finally:
        ready.unlink(missing_ok=True)
        for engine in engines:
            engine.stop()


def _keep(state: Path, ready: Path, engines: list[Postgres | Valkey]) -> int:
    valkey, postgres = Valkey(state), Postgres(state)
    engines += [valkey, postgres]
    urls = {"broker_url": valkey.start(), "database_url": postgres.start(), "state": "ready", "pid": os.getpid()}
    write_private(ready, json.dumps(urls))
    last_seen = time.monotonic()
    while time.monotonic() - last_seen < LINGER_SECONDS:
        if not all(engine.is_alive for engine in engines):
            raise EngineTrouble("An engine died; the other is stopped, and the next start brings both back.")
        if has_clients(state):
            last_seen = time.monotonic()
        time.sleep(LOOK_SECONDS)
    return 0


def _on_signal(number: int, frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
