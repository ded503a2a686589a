"""Several strategies of one class as one: each works on what the ones before it left."""

from collections.abc import Sequence

from repairs.engine.bench import Bench
from repairs.engine.checks.runner import run_check
from repairs.engine.strategies.base import Strategy
from repairs.engine.types import CheckReport, Finding, Proposal, TreeEdits, TreeReport

CHAIN_SEPARATOR = "+"

# Checks whose findings may be looked at again between two members: they read files, run nothing of the tenant's, and are fast.
STATIC_TOOLS = frozenset({"compile", "ruff", "ruff-format", "mypy", "bandit", "black", "isort", "flake8", "imports", "command"})


def propose_in_turn(members: Sequence[Strategy], bench: Bench, targets: Sequence[Finding]) -> Proposal | None:
    """One proposal from several strategies; None when none of them changed anything.

    Every member sees the tree as the ones before it left it, and those findings of a fresh look at it that fall in the same
    (rule, path) groups as `targets`. The bench's tree ends up holding the proposal.
    """
    groups = {(finding.rule, finding.path) for finding in targets}
    edits: dict[str, bytes | None] = {}
    summaries: list[str] = []
    current: Sequence[Finding] = targets
    for member in members:
        wanted = [finding for finding in current if member.treats(finding)]
        proposal = member.propose(bench, wanted) if wanted else None
        if proposal is None or not proposal.edits:
            continue
        _write(bench, proposal.edits)
        edits.update(proposal.edits)
        summaries.append(proposal.summary)
        bench = _looked_at_again(bench, {finding.tool for finding in targets})
        current = [finding for finding in bench.report.findings if (finding.rule, finding.path) in groups]
    if not edits:
        return None
    return Proposal(strategy=CHAIN_SEPARATOR.join(member.name for member in members), edits=edits, summary=" ".join(summaries))


def _write(bench: Bench, edits: TreeEdits) -> None:
    for path, content in edits.items():
        target = bench.tree / path
        if content is None:
            target.unlink(missing_ok=True)
        elif not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _looked_at_again(bench: Bench, tools: set[str]) -> Bench:
    """The bench with the reports of the targets' own checks renewed; checks that run the tenant's tests are left as they were."""
    reports: list[CheckReport] = []
    for report in bench.report.reports:
        spec = bench.project.check(report.check)
        is_stale = not report.is_green and spec.tool in STATIC_TOOLS and spec.tool in tools
        reports.append(run_check(spec, bench) if is_stale else report)
    return Bench(
        tree=bench.tree,
        project=bench.project,
        environment=bench.environment,
        sandbox=bench.sandbox,
        scratch=bench.scratch,
        report=TreeReport(tuple(reports)),
    )
