"""Valkey of our own: a password, loopback only, every second on disk."""

import signal
import subprocess
import time
from pathlib import Path

import redis

from metabuilder.embedded.child import child_spawn, free_port, give_to_engine, stop
from metabuilder.embedded.locate import usable_valkey
from metabuilder.embedded.state import EngineTrouble, read_json, secret, write_private

READY_SECONDS = 20.0
STARTS = 3


class Valkey:
    """One server; `start` returns its URL, `stop` saves and shuts it down."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._program = usable_valkey(state)
        self._data = state / "valkey"
        self._password = secret(state, "valkey")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        self._data.mkdir(mode=0o700, exist_ok=True)
        give_to_engine(self._data)
        for _ in range(STARTS):
            port = free_port((read_json(self._state / "valkey.json") or {}).get("port"))
            if self._started(port):
                write_private(self._state / "valkey.json", f'{{"port": {port}}}')
                return f"redis://:{self._password}@127.0.0.1:{port}/0"
            time.sleep(0.2)
        raise EngineTrouble(f"Valkey did not start; its log: {self._log}")

    def stop(self) -> None:
        if self._process:
            stop(self._process, signal.SIGTERM, seconds=10)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def _log(self) -> Path:
        return self._state / "logs" / "valkey.log"

    def _started(self, port: int) -> bool:
        # Through standard input: a password in the argument list is there for every user to read.
        lines = [
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {self._password}",
            f'dir "{self._data}"',
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "protected-mode yes",
            "maxmemory-policy noeviction",
        ]
        self._process = child_spawn([str(self._program), "-"], log=self._log, death_signal=signal.SIGTERM, stdin="\n".join(lines).encode())
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers(port):
                return True
            time.sleep(0.02)
        stop(self._process, signal.SIGTERM, seconds=5)
        return False

    def _answers(self, port: int) -> bool:
        client = redis.Redis(host="127.0.0.1", port=port, password=self._password, socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
