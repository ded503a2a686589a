"""The bench a check or a strategy works at: a private copy of the tree, its environment, and a way to run things.

The office lays one out for every job; nothing on it leads back to a database, a queue or the tenant's own tree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from repairs.engine.types import CommandResult, Limits, Project, TreeReport


class Sandbox(Protocol):
    """Runs one command with no network, a read-only system, another uid and the given limits."""

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
    ) -> CommandResult: ...


@dataclass(frozen=True)
class Environment:
    """A prepared Python environment; `root` is readable in the sandbox and never writable there."""

    python: Path
    root: Path | None = None  # None: the platform's own interpreter, nothing of the tenant's is installed
    site_packages: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Bench:
    tree: Path  # private, writable copy
    project: Project
    environment: Environment
    sandbox: Sandbox
    scratch: Path  # private, writable, outside the tree: caches and reports go here
    report: TreeReport = field(default_factory=lambda: TreeReport(()))  # what the checks said of this tree

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, limits: Limits = Limits(), stdin: bytes = b""
    ) -> CommandResult:
        """Run a command in the tree; it may write the tree and the scratch folder, nothing else."""
        readable = [self.environment.root] if self.environment.root else []
        variables = dict(self.project.environment.variables) | dict(env or {})
        return self.sandbox.run(
            argv, cwd=self.tree, writable=[self.tree, self.scratch], readable=readable, env=variables, limits=limits, stdin=stdin
        )
