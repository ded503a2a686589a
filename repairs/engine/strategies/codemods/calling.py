"""The caller's side of the rewriting worker: hands files over, takes back only what was asked for."""

import base64
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import repairs
from repairs.engine.bench import Bench
from repairs.engine.strategies.codemods.source import Options, Place
from repairs.engine.types import Finding, Limits

LIMITS = Limits(seconds=120.0, memory_bytes=2 * 1024**3)
FILES_A_CALL = 50
_PACKAGE = Path(repairs.__file__).resolve().parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from repairs.engine.strategies.codemods.worker import main; main()"


@dataclass(frozen=True)
class Job:
    """One file to rewrite."""

    path: str
    content: bytes
    places: tuple[Place, ...]
    other: bytes = b""  # a second version of the file, for tasks that compare two


@dataclass(frozen=True)
class Answer:
    """What came back: new contents, and the notes the task wrote."""

    contents: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def places_of(targets: Sequence[Finding], path: str) -> tuple[Place, ...]:
    """The targets in one file, in the order of the file."""
    places = {Place(own.rule, own.line or 1, own.column or 1, own.message) for own in targets if own.path == path}
    return tuple(sorted(places, key=lambda place: (place.line, place.column, place.rule)))


def rewrite(bench: Bench, task: str, jobs: Sequence[Job], options: Options, context: Mapping[str, Any] | None = None) -> Answer:
    """Run a task of the worker on the jobs in the sandbox.

    A file that crashes the worker (a stack overflow, no memory, no end) costs only itself: the batch is halved until it is alone.
    """
    answer = Answer()
    for start in range(0, len(jobs), FILES_A_CALL):
        _rewrite_batch(bench, task, jobs[start : start + FILES_A_CALL], options, context or {}, answer)
    return answer


def _rewrite_batch(bench: Bench, task: str, jobs: Sequence[Job], options: Options, context: Mapping[str, Any], answer: Answer) -> None:
    reply = _ask(bench, {"task": task, "options": asdict(options), "context": context, "jobs": [_to_json(job) for job in jobs]})
    if reply is None and len(jobs) > 1:
        middle = len(jobs) // 2
        _rewrite_batch(bench, task, jobs[:middle], options, context, answer)
        _rewrite_batch(bench, task, jobs[middle:], options, context, answer)
    elif reply is not None:
        before = {job.path: job.content for job in jobs}
        contents = {path: base64.b64decode(text) for path, text in reply["contents"].items() if path in before}
        answer.contents.update({path: content for path, content in contents.items() if content != before[path]})
        answer.notes.extend(reply["notes"])


def _to_json(job: Job) -> dict[str, Any]:
    content, other = base64.b64encode(job.content).decode(), base64.b64encode(job.other).decode()
    return {"path": job.path, "content": content, "other": other, "places": job.places}


def _ask(bench: Bench, message: Mapping[str, Any]) -> dict[str, Any] | None:
    readable = [_PACKAGE, *([bench.environment.root] if bench.environment.root else [])]
    result = bench.sandbox.run(
        [sys.executable, "-I", "-c", _START, str(_PACKAGE.parent)],
        cwd=bench.tree,
        writable=[bench.scratch],
        readable=[*readable, bench.tree],
        limits=LIMITS,
        stdin=json.dumps(message).encode(),
    )
    try:
        reply = json.loads(result.stdout) if result.is_ok else None
    except ValueError:
        return None
    return reply if isinstance(reply, dict) else None
