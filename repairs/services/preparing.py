"""Make a run ready to be checked: its source becomes a snapshot, its project is read, its environment is built."""

from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from fleet.runner import JobContext
from metabuilder.kernel.clock import now
from metabuilder.kernel.states import state_change
from repairs.engine.checks.configuration import ConfigurationError, project_from_tree
from repairs.engine.checks.requirements import requirement_findings
from repairs.engine.patches.edits import edits_apply
from repairs.engine.types import EnvironmentSpec, Project
from repairs.engine.workspace.environment import EnvironmentFailed, environment_prepare
from repairs.engine.workspace.errors import WorkspaceError
from repairs.engine.workspace.sandbox import sandbox_open
from repairs.engine.workspace.tree import Snapshot, snapshot_archive, snapshot_directory, snapshot_git, workspace_open
from repairs.models import CheckRound, RepairRun
from repairs.services.artifacts import edits_load, snapshot_store, upload_fetch, upload_forget
from repairs.services.events import timeline_add
from repairs.services.finishing import run_finish
from repairs.services.rounds import round_checks_enqueue, round_open
from repairs.services.workbench import environment_to_json, environments_dir, source_tree, uv_program

PREPARABLE = frozenset({RepairRun.State.QUEUED, RepairRun.State.PREPARING})


def prepare_run(context: JobContext) -> None:
    """The first job of a run. A source that cannot be read refuses the run, with the reason; nothing is retried for it."""
    run = RepairRun.objects.get(pk=context.payload["run_id"])
    if not state_change(run, to=RepairRun.State.PREPARING, allowed_from=PREPARABLE, started_at=now()):
        return
    try:
        run.source_digest = _snapshot(run)
        project = project_from_tree(source_tree(run), run.config_text or None, tuple(run.only_checks))
    except (WorkspaceError, ConfigurationError) as error:
        with transaction.atomic():
            context.settle()
            run_finish(run=run, state=RepairRun.State.REFUSED, outcome="", reason=str(error))
        return
    run.project = project.to_json()
    environment = _environment(run, project.environment, source_tree(run), context)
    with transaction.atomic():
        context.settle()
        _checking(run, project, environment)
    if run.source["kind"] == "archive":
        upload_forget(run.source["upload"])


def prepare_round(context: JobContext) -> None:
    """Build the environment of a candidate whose requirements differ from its source's, then let its checks run."""
    check_round = CheckRound.objects.select_related("run").get(pk=context.payload["round_id"])
    run = check_round.run
    with workspace_open(source_tree(run), parent=settings.STATE_DIR / "workspaces") as workspace:
        edits_apply(workspace.tree, edits_load(check_round.edits_digest))
        environment = _environment(run, run.checked_project.environment, workspace.tree, context)
    with transaction.atomic():
        context.settle()
        CheckRound.objects.filter(pk=check_round.pk).update(environment=environment)
        round_checks_enqueue(check_round)


def _checking(run: RepairRun, project: Project, environment: dict[str, Any]) -> None:
    fields = {"source_digest": run.source_digest, "project": run.project}
    if not state_change(run, to=RepairRun.State.CHECKING, allowed_from={RepairRun.State.PREPARING}, **fields):
        return
    names = ", ".join(spec.name for spec in project.checks)
    summary = f"Source {run.source_digest[:12]} is ready; checks: {names or 'none'}."
    timeline_add(run=run, kind="run_prepared", summary=summary, at=now(), environment=environment.get("note", ""))
    if project.checks:
        round_open(run=run, attempt=None, edits_digest="", environment=environment)
    else:
        run_finish(run=run, state=RepairRun.State.REFUSED, outcome="", reason="No check fits this tree. Name one in metabuilder.toml.")


def _snapshot(run: RepairRun) -> str:
    snapshot = _taken(run.source)
    try:
        snapshot_store(snapshot.digest, snapshot.archive)
    finally:
        snapshot.archive.unlink(missing_ok=True)
    return snapshot.digest


def _taken(source: dict[str, Any]) -> Snapshot:
    if source["kind"] == "git":
        return snapshot_git(source["url"], source["ref"], protocols=tuple(settings.GIT_PROTOCOLS), max_bytes=settings.SOURCE_MAX_BYTES)
    if source["kind"] == "path":
        return snapshot_directory(Path(source["path"]), max_bytes=settings.SOURCE_MAX_BYTES)
    upload = upload_fetch(source["upload"])
    try:
        return snapshot_archive(upload, max_bytes=settings.SOURCE_MAX_BYTES)
    finally:
        upload.unlink(missing_ok=True)


def _environment(run: RepairRun, spec: EnvironmentSpec, tree: Path, context: JobContext) -> dict[str, Any]:
    """The prepared environment as JSON; when it cannot be built, the platform's own, with the failures as findings."""
    sandbox = sandbox_open(settings.SANDBOX_BACKEND, required=settings.SANDBOX_REQUIRED, cancelled=context.is_lost)
    prepare = partial(
        environment_prepare,
        tree=tree,
        cache_dir=environments_dir(run.tenant_id),
        sandbox=sandbox,
        index_urls=tuple(settings.PACKAGE_INDEX_URLS),
        uv=uv_program(),
    )
    try:
        prepared = prepare(spec)
    except EnvironmentFailed as failure:
        bare = prepare(EnvironmentSpec(variables=spec.variables))
        findings = [finding.to_json() for finding in requirement_findings(failure)]
        return environment_to_json(bare.environment) | {"key": "", "findings": findings, "note": "The environment could not be built."}
    note = "Environment taken from the cache." if prepared.is_cached else f"Environment built in {prepared.seconds:.1f} s."
    return environment_to_json(prepared.environment) | {"key": prepared.key, "findings": [], "note": note}
