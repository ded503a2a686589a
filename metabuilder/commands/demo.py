"""`metabuilder demo`: repair the bundled broken trees on the embedded stack and show what came out."""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from metabuilder.commands import repair

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    subparsers.add_parser("demo", help="repair the bundled broken trees and show what came out")


def run(arguments: argparse.Namespace) -> int:
    """0 when every tree was repaired; else the worst exit code of a repair."""
    from metabuilder.embedded.stack import StackFailed, stack_ensure

    console = Console(highlight=False)
    console.print("[bold]Starting PostgreSQL, Valkey, the API and three Celery workers …[/]")
    started = time.monotonic()
    try:
        handle = stack_ensure()
    except StackFailed as error:
        print(f"metabuilder demo: {error}", file=sys.stderr)
        return repair.EXIT_PLATFORM
    console.print(
        f"Ready in {time.monotonic() - started:.1f} s. "
        f"The console is at {handle.base_url}/admin/ while this runs; `make up` keeps it there."
    )
    try:
        codes = {tree.name: _repaired(tree, console) for tree in sorted(EXAMPLES.iterdir()) if tree.is_dir()}
    finally:
        handle.stop()
    _summary(console, codes)
    return max(codes.values(), default=0)


def _repaired(tree: Path, console: Console) -> int:
    console.rule(f"[bold]metabuilder repair examples/{tree.name}")
    return repair.run(_arguments(tree))


def _arguments(tree: Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    repair.add_parser(parser.add_subparsers())
    return parser.parse_args(["repair", str(tree), "--tenant", "demo"])


def _summary(console: Console, codes: dict[str, int]) -> None:
    console.rule("[bold]What the demo showed")
    table = Table(box=None, pad_edge=False)
    table.add_column("tree")
    table.add_column("end")
    for name, code in codes.items():
        table.add_row(f"examples/{name}", "[green]repaired[/]" if code == 0 else f"[red]not repaired (exit {code})[/]")
    console.print(table)
    console.print("Nothing was written into the trees; `--apply` does that. Try your own: .venv/bin/metabuilder repair PATH")
