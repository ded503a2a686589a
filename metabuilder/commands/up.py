"""`metabuilder up`: the whole stack in the foreground."""

import argparse
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import httpx

from metabuilder.commands.django_setup import EXIT_PLATFORM, django_ready
from metabuilder.embedded.child import free_port
from metabuilder.embedded.locks import lock_take
from metabuilder.embedded.stack import users
from metabuilder.embedded.state import EngineTrouble, read_json, state_dir, write_private
from metabuilder.embedded.supervision import Program, Supervisor

READY_SECONDS = 60.0
LINGER_SECONDS = 2.0
LOOK_SECONDS = 0.2
# A worker of one machine: how many jobs at a time, unless META_V4_*_WORKERS asks for fewer.
IO_JOBS, LLM_JOBS = 2, 1


class Stopped(Exception):
    """Ctrl-C, or somebody asked the stack to end."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("up", help="run the API, the workers and beat in the foreground, on the embedded engines or given ones")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--while-used", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """0 after Ctrl-C; 3 when a stack runs already, or this one does not start."""
    try:
        state = state_dir()
    except EngineTrouble as error:
        print(f"metabuilder up: {error}", file=sys.stderr)
        return EXIT_PLATFORM
    if lock_take(state / "stack.lock") is None:
        if arguments.while_used:
            return 0  # somebody else was faster; the waiting command joins that one
        running = (read_json(state / "stack.json") or {}).get("base_url", "an address it has not told yet")
        print(f"metabuilder up: a stack runs already at {running} (state folder {state}).", file=sys.stderr)
        return EXIT_PLATFORM
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)
    (state / "stack.json").unlink(missing_ok=True)
    try:
        return _run(state, arguments)
    except Stopped:
        return 0
    finally:
        (state / "stack.json").unlink(missing_ok=True)


def _run(state: Path, arguments: argparse.Namespace) -> int:
    _say("starting PostgreSQL and Valkey")
    django_ready()
    port = free_port(arguments.port)
    if port != arguments.port and not arguments.while_used:
        print(f"metabuilder up: port {arguments.port} is taken; choose another with --port.", file=sys.stderr)
        return EXIT_PLATFORM
    base_url = f"http://{arguments.host}:{port}"
    token = _local_token()
    if not arguments.while_used:
        _print_credentials(state)
    (state / "logs").mkdir(exist_ok=True)
    supervisor = Supervisor(_programs(arguments.host, port), logs=state / "logs", say=_say)
    supervisor.start()
    try:
        _wait_ready(base_url, supervisor)
        write_private(state / "stack.json", json.dumps({"state": "ready", "base_url": base_url, "token": token, "pid": os.getpid()}))
        _say(f"ready: API {base_url}/api/meta/v4/  admin {base_url}/admin/  docs {base_url}/api/docs/  logs {state / 'logs'}")
        _keep(supervisor, _is_used(state) if arguments.while_used else lambda: True)
        return 0
    finally:
        _say("stopping")
        supervisor.stop()


def _keep(supervisor: Supervisor, is_wanted: Callable[[], bool]) -> None:
    last_wanted = time.monotonic()
    while time.monotonic() - last_wanted < LINGER_SECONDS:
        supervisor.look()
        if is_wanted():
            last_wanted = time.monotonic()
        time.sleep(LOOK_SECONDS)


def _is_used(state: Path) -> Callable[[], bool]:
    return lambda: any(True for _ in users(state))


def _programs(host: str, port: int) -> list[Program]:
    from django.conf import settings

    python, workers = sys.executable, settings.META_V4_WORKERS
    jobs = {"cpu": min(workers["cpu"], os.cpu_count() or 1), "io": min(workers["io"], IO_JOBS), "llm": min(workers["llm"], LLM_JOBS)}
    celery = [python, "-m", "celery", "-A", "metabuilder"]
    web = [
        python,
        "-m",
        "gunicorn",
        "metabuilder.wsgi",
        "--bind",
        f"{host}:{port}",
        "--worker-class",
        "gthread",
        "--threads",
        "8",
        "--timeout",
        "120",
    ]
    level = ["--loglevel", "INFO"]
    return [
        Program("web", web),
        *(
            Program(
                f"worker-{queue}",
                [*celery, "worker", "-Q", queue, "-n", f"{queue}@%h", "-c", str(count), "--without-mingle", "--without-gossip", *level],
            )
            for queue, count in jobs.items()
        ),
        Program("beat", [*celery, "beat", "--pidfile=", *level]),
    ]


def _wait_ready(base_url: str, supervisor: Supervisor) -> None:
    """Until the API answers and every queue has a live worker. Raises EngineTrouble."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        supervisor.look()
        if _is_healthy(base_url):
            return
        time.sleep(0.1)
    raise EngineTrouble("The API and its workers were not ready in time; look into the logs.")


def _is_healthy(base_url: str) -> bool:
    try:
        return bool(httpx.get(f"{base_url}/health", timeout=5.0).json()["status"] == "ok")
    except (httpx.HTTPError, ValueError, KeyError):
        return False


def _local_token() -> str:
    """A token for the commands of this machine, new at every start; the ones before are revoked."""
    from metabuilder.access.models import ApiToken
    from metabuilder.access.services import token_create, token_revoke

    name = "this machine's commands"
    for prefix in ApiToken.objects.filter(name=name, revoked_at=None).values_list("prefix", flat=True):
        token_revoke(prefix=prefix, actor="metabuilder up", reason="a new start")
    return token_create(name=name, role="operator", actor="metabuilder up")[1]


def _print_credentials(state: Path) -> None:
    """An admin for the console and a token for the API, made and printed at the first start only."""
    from django.contrib.auth import get_user_model

    from metabuilder.access.services import token_create

    users_table = get_user_model().objects
    if users_table.filter(is_superuser=True).exists():
        _say(
            "the admin user and the token were printed at the first start; `metabuilder token create NAME --role admin` makes another token"
        )
        return
    password = secrets.token_urlsafe(12)
    users_table.create_superuser("admin", password=password)
    _, token = token_create(name="first admin", role="admin", actor="metabuilder up")
    print(f"\n  admin user  admin\n  password    {password}\n  API_TOKEN   {token}\n\n  They are shown this once.\n", flush=True)


def _say(line: str) -> None:
    print(f"[metabuilder] {line}", flush=True)


def _on_signal(number: int, frame: FrameType | None) -> None:
    raise Stopped
