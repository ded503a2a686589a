"""Lay out a bench for a job: a private copy of a run's tree, its environment, and the sandbox."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from repairs.engine.bench import Bench, Environment
from repairs.engine.patches.edits import edits_apply
from repairs.engine.types import TreeEdits, TreeReport
from repairs.engine.workspace.sandbox import sandbox_open
from repairs.engine.workspace.tree import TreeCache, workspace_open
from repairs.models import CheckRound, RepairRun
from repairs.services.artifacts import edits_load, snapshot_fetch

EMPTY_REPORT = TreeReport(())


def never() -> bool:
    return False


def source_tree(run: RepairRun) -> Path:
    """The run's source as a read-only folder, shared by the jobs of this machine."""
    cache = TreeCache(settings.STATE_DIR / "cache" / "trees")
    return cache.checkout(run.source_digest, lambda: snapshot_fetch(run.source_digest))


@contextmanager
def bench_open(
    run: RepairRun,
    *,
    edits: TreeEdits,
    environment: dict[str, object],
    report: TreeReport = EMPTY_REPORT,
    is_lost: Callable[[], bool] = never,
) -> Iterator[Bench]:
    """A bench with the source plus `edits`; gone, whatever was left in it, when the block ends.

    `is_lost` is asked while a command runs: when it says yes, the command is stopped.
    """
    sandbox = sandbox_open(settings.SANDBOX_BACKEND, required=settings.SANDBOX_REQUIRED, cancelled=is_lost)
    with workspace_open(source_tree(run), parent=_workspaces()) as workspace:
        edits_apply(workspace.tree, edits)
        yield Bench(
            tree=workspace.tree,
            project=run.checked_project,
            environment=environment_from_json(environment),
            sandbox=sandbox,
            scratch=workspace.scratch,
            report=report,
        )


@contextmanager
def round_bench(check_round: CheckRound, *, is_lost: Callable[[], bool] = never, report: TreeReport = EMPTY_REPORT) -> Iterator[Bench]:
    """A bench with the tree of one round."""
    edits = edits_load(check_round.edits_digest)
    with bench_open(check_round.run, edits=edits, environment=check_round.environment, report=report, is_lost=is_lost) as bench:
        yield bench


def environment_to_json(environment: Environment) -> dict[str, object]:
    return {
        "python": str(environment.python),
        "root": str(environment.root) if environment.root else None,
        "site_packages": [str(path) for path in environment.site_packages],
    }


def environment_from_json(row: dict[str, object]) -> Environment:
    root = row.get("root")
    packages = row.get("site_packages") or []
    assert isinstance(packages, list)
    return Environment(python=Path(str(row["python"])), root=Path(str(root)) if root else None, site_packages=tuple(map(Path, packages)))


def environments_dir(tenant_id: str) -> Path:
    """Prepared environments and the package cache of one tenant: build code of one cannot poison another's."""
    return settings.STATE_DIR / "cache" / "environments" / tenant_id


def uv_program() -> Path:
    """The `uv` program. Raises FileNotFoundError when there is none."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise FileNotFoundError("uv is not installed beside this interpreter nor on PATH.")
    return Path(found)


def _workspaces() -> Path:
    path: Path = settings.STATE_DIR / "workspaces"
    path.mkdir(parents=True, exist_ok=True)
    return path
