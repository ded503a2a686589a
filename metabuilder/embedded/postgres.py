"""PostgreSQL of our own: password authentication, loopback only, data kept between starts."""

import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg2

from metabuilder.embedded.child import child_spawn, free_port, give_to_engine, run_as_engine, stop
from metabuilder.embedded.locate import usable_postgres
from metabuilder.embedded.state import EngineTrouble, read_json, secret, write_private

READY_SECONDS = 30.0
STARTS = 4  # a stale shared memory block of a killed server goes away between two of them
DATABASE, USER = "metabuilder", "metabuilder"


class Postgres:
    """One server; `start` returns its URL, `stop` shuts it down cleanly."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._bin = usable_postgres(state)
        self._data = state / "postgres"
        self._password = secret(state, "postgres")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        self._initialise()
        for _ in range(STARTS):
            port = free_port(self._remembered_port())
            if self._started(port):
                write_private(self._state / "postgres.json", f'{{"port": {port}}}')
                self._create_database(port)
                return f"postgresql://{USER}:{self._password}@127.0.0.1:{port}/{DATABASE}"
            time.sleep(0.5)
        raise EngineTrouble(f"PostgreSQL did not start; its log: {self._log}")

    def stop(self) -> None:
        if self._process:
            stop(self._process, signal.SIGINT, seconds=20)  # fast shutdown: clients are cut off, data is safe

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def _log(self) -> Path:
        return self._state / "logs" / "postgres.log"

    def _remembered_port(self) -> int | None:
        return (read_json(self._state / "postgres.json") or {}).get("port")

    def _initialise(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        self._data.mkdir(mode=0o700, exist_ok=True)
        give_to_engine(self._data)
        with tempfile.NamedTemporaryFile("w", suffix=".password") as password:
            password.write(self._password)
            password.flush()
            give_to_engine(Path(password.name))
            options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions", f"--username={USER}"]
            result = run_as_engine([str(self._bin / "initdb"), "-D", str(self._data), f"--pwfile={password.name}", *options])
        if result.returncode:
            raise EngineTrouble(f"initdb failed: {result.stderr.strip() or result.stdout.strip()}")

    def _started(self, port: int) -> bool:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "128MB",
        }
        flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        # Immediate shutdown on the keeper's death: the write-ahead log makes the next start whole.
        self._process = child_spawn(
            [str(self._bin / "postgres"), "-D", str(self._data), *flags], log=self._log, death_signal=signal.SIGQUIT
        )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers(port):
                return True
            time.sleep(0.02)
        stop(self._process, signal.SIGQUIT, seconds=5)
        return False

    def _answers(self, port: int) -> bool:
        try:
            self._connect(port).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _connect(self, port: int) -> "psycopg2.extensions.connection":
        return psycopg2.connect(host="127.0.0.1", port=port, user=USER, password=self._password, dbname="postgres", connect_timeout=2)

    def _create_database(self, port: int) -> None:
        connection = self._connect(port)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
        connection.close()
