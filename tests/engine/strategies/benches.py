"""A bench on a temporary tree with ruff as its check; commands run as plain processes, since these tests are not about isolation."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from repairs.engine.bench import Bench, Environment
from repairs.engine.strategies.ruff_call import ruff_program
from repairs.engine.types import (
    CheckReport,
    CheckSpec,
    CheckStatus,
    CommandResult,
    FailureClass,
    Finding,
    Limits,
    Project,
    TreeReport,
)

SELECTION = ("--isolated", "--select", "E,F,W,I,B,UP", "--line-length", "100", "--target-version", "py311")


class PlainProcesses:
    """The interface of the sandbox without its walls."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        writable: Sequence[Path] = (),
        readable: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
        stdin: bytes = b"",
        proxy_socket: Path | None = None,
    ) -> CommandResult:
        self.calls.append(list(argv))
        try:
            done = subprocess.run(argv, cwd=cwd, env=dict(env or {}), input=stdin, capture_output=True, timeout=limits.seconds, check=False)
        except subprocess.TimeoutExpired:
            return CommandResult(argv=tuple(argv), exit_code=None, killed="timeout")
        text = done.stdout.decode("utf-8", "surrogateescape")
        return CommandResult(argv=tuple(argv), exit_code=done.returncode, stdout=text, stderr=done.stderr.decode("utf-8", "replace"))


def lay_bench(tmp_path: Path, files: Mapping[str, str | bytes], checks: Sequence[CheckSpec] | None = None, *, look: bool = True) -> Bench:
    """A bench whose tree holds the files; unless told not to look, its report is what ruff says of them now."""
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    for path, content in files.items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    tree.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    environment = Environment(python=Path(sys.executable))
    specs = (
        tuple(checks) if checks is not None else (CheckSpec("lint", FailureClass.LINT, "ruff", command=("ruff", "check", *SELECTION, ".")),)
    )
    bench = Bench(tree=tree, project=Project(checks=specs), environment=environment, sandbox=PlainProcesses(), scratch=scratch)
    return looked_at(bench) if look else bench


def looked_at(bench: Bench) -> Bench:
    """The same bench with a fresh report of its ruff check."""
    findings = tuple(ruff_findings(bench.tree))
    status = CheckStatus.FAILED if findings else CheckStatus.PASSED
    report = TreeReport((CheckReport("lint", FailureClass.LINT, status, findings),))
    return Bench(bench.tree, bench.project, bench.environment, bench.sandbox, bench.scratch, report)


def ruff_findings(tree: Path, selection: Sequence[str] = SELECTION) -> list[Finding]:
    """What ruff says of the tree, as findings."""
    argv = [ruff_program(), "check", *selection, "--no-cache", "--exit-zero", "--output-format", "json", "."]
    done = subprocess.run(argv, cwd=tree, capture_output=True, check=True)
    return [_finding(tree, row) for row in json.loads(done.stdout)]


def _finding(tree: Path, row: dict[str, object]) -> Finding:
    location = row["location"]
    assert isinstance(location, dict)
    path = Path(str(row["filename"])).relative_to(tree.resolve()).as_posix()
    rule = str(row["code"] or "invalid-syntax")
    return Finding(FailureClass.LINT, "ruff", rule, str(row["message"]), path, location["row"], location["column"])


def rules_left(bench: Bench) -> list[str]:
    """Rules that still fail in the tree, sorted, with repetition."""
    return sorted(finding.rule for finding in ruff_findings(bench.tree))
