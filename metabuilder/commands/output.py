"""What a person sees of a run: live progress on standard error, a readable end on standard output."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

MARKS = {"passed": "[green]✓[/]", "failed": "[red]✗[/]", "broken": "[yellow]![/]", "accepted": "[green]✓[/]"}
LIGHTS = {True: "[green]yes[/]", False: "[red]no[/]", None: "[dim]–[/]"}
PROOF = (
    ("f2p", "what failed passes"),
    ("p2p", "what passed still passes"),
    ("integrity", "nothing was bought"),
    ("necessity", "every hunk is needed"),
)
MAX_DIFF_LINES = 400


class Progress:
    """One line an event, as it happens; with a spinner where standard error is a terminal."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._console = Console(stderr=True, quiet=is_quiet, highlight=False)
        self._status = self._console.status("waiting for a worker")

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._status.stop()

    def event(self, event: dict[str, Any]) -> None:
        detail = event["detail"]
        mark = MARKS.get(str(detail.get("status") or detail.get("verdict") or ""), "[cyan]•[/]")
        seconds = f" [dim]{event['duration_seconds']:.1f} s[/]" if event.get("duration_seconds") else ""
        queue = f" [dim]on {detail['queue']}[/]" if detail.get("queue") else ""
        line = Text.from_markup(f"{mark} ")
        line.append(event["summary"])
        line.append_text(Text.from_markup(queue + seconds))
        self._console.print(line)
        self._status.update(event["summary"].splitlines()[0][:100] if event["summary"] else "")


def print_result(document: dict[str, Any]) -> None:
    """What was wrong, what was done, the proof, cost and time, the diff."""
    console = Console(highlight=False)
    console.print()
    _print_failures(console, document)
    _print_attempts(console, document)
    _print_end(console, document)
    if document["patch"]:
        _print_diff(console, document["patch"])


def _print_failures(console: Console, document: dict[str, Any]) -> None:
    before, after = document["failures_before"], document["failures_after"]
    if not before:
        return
    table = Table(title="What was wrong", title_justify="left", box=None, pad_edge=False)
    for name in ("class", "tool", "rule", "before", "after", "for example"):
        table.add_column(name, justify="right" if name in ("before", "after") else "left", overflow="ellipsis", no_wrap=True)
    for key, rows in _grouped(before).items():
        left = len(_grouped(after).get(key, []))
        table.add_row(*key, str(len(rows)), f"[{'red' if left else 'green'}]{left}[/]", Text(_example(rows[0])))
    console.print(table)
    console.print()


def _grouped(findings: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for finding in findings:
        groups.setdefault((finding["failure_class"], finding["tool"], finding["rule"]), []).append(finding)
    return groups


def _example(finding: dict[str, Any]) -> str:
    place = f"{finding['path']}:{finding['line'] or ''} " if finding["path"] else ""
    return (place + finding["message"].splitlines()[0] if finding["message"] else place)[:90]


def _print_attempts(console: Console, document: dict[str, Any]) -> None:
    for attempt in document["attempts"]:
        proof = "  ".join(f"{words} {LIGHTS[attempt['proof'][name]]}" for name, words in PROOF)
        console.print(
            f"[bold]Attempt {attempt['number']}[/] {attempt['failure_class']}: {attempt['strategy']} → [bold]{attempt['verdict']}[/]"
        )
        if attempt["summary"]:
            console.print(Padding(Text(attempt["summary"]), (0, 0, 0, 2)))
        console.print(Padding(proof, (0, 0, 0, 2)))
    if document["attempts"]:
        console.print()


def _print_end(console: Console, document: dict[str, Any]) -> None:
    colour = "green" if document["state"] == "succeeded" else "red"
    outcome = (document["outcome"] or document["state"]).upper()
    console.print(f"[bold {colour}]{outcome}[/]  {document['reason']}")
    console.print(
        f"[dim]{document['run_id']}  engine {document['engine']}  cost ${document['cost_usd']}  {document['duration_seconds']:.1f} s[/]"
    )
    console.print()


def _print_diff(console: Console, diff: str) -> None:
    lines = diff.splitlines()
    if not console.is_terminal:
        console.out(diff, highlight=False, end="")
        return
    console.print(Syntax("\n".join(lines[:MAX_DIFF_LINES]), "diff", background_color="default"))
    if len(lines) > MAX_DIFF_LINES:
        console.print(f"[dim]… {len(lines) - MAX_DIFF_LINES} more lines; the whole patch: GET /api/meta/v4/runs/…/patch[/]")
