"""Where the database and the broker are: given by the environment, or the embedded engines, started when none run."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from metabuilder.embedded.clients import client_register
from metabuilder.embedded.locks import is_locked
from metabuilder.embedded.state import EngineTrouble, read_json, secret, state_dir

START_SECONDS = 60.0


@dataclass(frozen=True)
class Urls:
    database_url: str
    broker_url: str
    state_dir: Path
    secret_key: str


def connection_urls(*, database_url: str, broker_url: str) -> Urls:
    """The given URLs; what is not given comes from the embedded engines, which this process then keeps alive.

    Raises EngineTrouble when they do not start.
    """
    state = state_dir()
    key = secret(state, "django")
    if not (database_url and broker_url):
        engines = engines_join(state)
        database_url, broker_url = database_url or engines["database_url"], broker_url or engines["broker_url"]
    return Urls(database_url=database_url, broker_url=broker_url, state_dir=state, secret_key=key)


def engines_join(state: Path) -> dict[str, str]:
    """Register as a client, start a keeper when none runs, and wait until both engines answer."""
    client_register(state)
    deadline = time.monotonic() + START_SECONDS
    keeper: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        if is_locked(state / "keeper.lock"):
            engines = read_json(state / "engines.json")
            if engines and engines.get("state") == "ready":
                return {"database_url": engines["database_url"], "broker_url": engines["broker_url"]}
        elif keeper is None or keeper.poll() is not None:
            if keeper is not None and keeper.returncode not in (0, None):
                raise EngineTrouble(f"The embedded engines did not start:\n{_tail(state / 'logs' / 'keeper.log')}")
            keeper = _keeper_spawn(state)
        time.sleep(0.02)
    raise EngineTrouble(f"The embedded engines were not ready after {START_SECONDS:.0f} s:\n{_tail(state / 'logs' / 'keeper.log')}")


def _keeper_spawn(state: Path) -> "subprocess.Popen[bytes]":
    logs = state / "logs"
    logs.mkdir(exist_ok=True)
    with (logs / "keeper.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "metabuilder.embedded.keeper", str(state)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=Path(__file__).resolve().parents[2],
        )


def _tail(path: Path, lines: int = 20) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
