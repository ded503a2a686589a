"""`metabuilder repair PATH`: the main job, through the real API and workers."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from metabuilder.commands.client import Client, PlatformTrouble, WrongUsage
from metabuilder.commands.output import Progress, print_result
from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.tree import Snapshot, snapshot_directory

EXIT_REPAIRED, EXIT_UNREPAIRED, EXIT_USAGE, EXIT_PLATFORM = 0, 1, 2, 3
SUCCEEDED = "succeeded"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("repair", help="repair a source tree and print the smallest proven patch")
    parser.add_argument("path", metavar="PATH", type=Path, help="folder whose checks fail; it is read, and written only with --apply")
    parser.add_argument("--check", metavar="NAME", action="append", default=[], help="only this check; may be given more than once")
    parser.add_argument("--config", metavar="FILE", type=Path, help="metabuilder.toml to use instead of the tree's own")
    parser.add_argument("--tenant", metavar="ID", default="local", help="tenant that the run belongs to (default: local)")
    parser.add_argument("--apply", action="store_true", help="write the patch into PATH when the run succeeded")
    parser.add_argument("--json", action="store_true", help="print one JSON object; progress goes to standard error")
    parser.add_argument("--budget-usd", metavar="N", type=_not_negative)
    parser.add_argument("--budget-seconds", metavar="N", type=_positive)
    parser.add_argument("--budget-attempts", metavar="N", type=_positive)
    parser.add_argument("--sla", choices=("fast", "normal", "thorough"), default="normal")
    parser.add_argument("--engine", choices=("v4", "control"), help="default: v4, or what the canary of the server says")
    parser.add_argument("--timeout", metavar="S", type=_positive, default=3600, help="give up waiting after S seconds (default: 3600)")
    parser.add_argument("--server", metavar="URL", help="use this server, with the token in $API_TOKEN")


def run(arguments: argparse.Namespace) -> int:
    """0: clean or repaired; 1: not repaired; 2: wrong usage; 3: platform trouble."""
    try:
        return _repair(arguments)
    except (WrongUsage, WorkspaceError) as error:
        print(f"metabuilder repair: {error}", file=sys.stderr)
        return EXIT_USAGE
    except PlatformTrouble as error:
        print(f"metabuilder repair: {error}", file=sys.stderr)
        return EXIT_PLATFORM


def _repair(arguments: argparse.Namespace) -> int:
    if not arguments.path.is_dir():
        raise WrongUsage(f"{arguments.path} is no folder.")
    config_text = _config_text(arguments.config)
    snapshot = snapshot_directory(arguments.path)
    try:
        with _client(arguments) as client, Progress(is_quiet=False) as progress:
            document = client.run_and_wait(
                snapshot.archive, _fields(arguments, config_text), progress.event, timeout_seconds=arguments.timeout
            )
    finally:
        snapshot.archive.unlink(missing_ok=True)
    is_success = document["state"] == SUCCEEDED
    if arguments.json:
        print(json.dumps(document))
    else:
        print_result(document)
    if arguments.apply and document["patch"] and is_success:
        _apply(arguments.path, document["patch"], snapshot)
    if document["state"] == "refused":
        raise WrongUsage(document["reason"])
    return EXIT_REPAIRED if is_success else EXIT_UNREPAIRED


def _fields(arguments: argparse.Namespace, config_text: str) -> dict[str, Any]:
    fields = {
        "tenant_id": arguments.tenant,
        "config": config_text,
        "checks": ",".join(arguments.check),
        "budget_usd": arguments.budget_usd,
        "budget_seconds": arguments.budget_seconds,
        "budget_attempts": arguments.budget_attempts,
        "sla": arguments.sla,
        "engine": arguments.engine,
    }
    return {name: str(value) for name, value in fields.items() if value not in (None, "")}


@contextmanager
def _client(arguments: argparse.Namespace) -> Iterator[Client]:
    if arguments.server:
        token = os.environ.get("API_TOKEN", "")
        if not token:
            raise WrongUsage("--server needs a token in $API_TOKEN; `metabuilder token create NAME --role operator` makes one.")
        yield Client(arguments.server, token)
        return
    # Loaded here: a call with --server needs no engines on this machine.
    from metabuilder.embedded.stack import StackFailed, stack_ensure

    try:
        handle = stack_ensure()
    except StackFailed as error:
        raise PlatformTrouble(str(error)) from error
    try:
        yield Client(handle.base_url, handle.token)
    finally:
        handle.stop()


def _apply(path: Path, diff: str, snapshot: Snapshot) -> None:
    """Write the patch into the caller's tree. Raises PlatformTrouble, and writes nothing, when the tree moved meanwhile."""
    from repairs.engine.patches.apply import DiffDoesNotApply, diff_apply

    again = snapshot_directory(path)
    again.archive.unlink(missing_ok=True)
    if again.digest != snapshot.digest:
        raise PlatformTrouble(f"{path} changed while it was being repaired; the patch was printed and not applied.")
    try:
        diff_apply(path, diff)
    except DiffDoesNotApply as error:
        raise PlatformTrouble(f"The patch was not applied: {error}") from error
    print(f"Applied to {path}.", file=sys.stderr)


def _config_text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"--config {path} cannot be read: {error}") from None


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is no amount of money between 0 and 1000000")
    return value
