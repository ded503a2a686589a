"""Star imports made explicit: every name a file uses is imported by name from the module the star took it from."""

import json
from collections.abc import Sequence
from typing import ClassVar

from repairs.engine.bench import Bench
from repairs.engine.strategies.codemods.calling import Job, places_of, rewrite
from repairs.engine.strategies.codemods.star_task import UNRESOLVED
from repairs.engine.strategies.lint_options import options_of
from repairs.engine.strategies.settling import settle
from repairs.engine.strategies.target_files import paths_of, read_sources
from repairs.engine.types import FailureClass, Finding, Limits, Proposal

# Asks the tree's own interpreter, in the sandbox, when a module outside the tree cannot be read: compiled ones, dynamic `__all__`.
_PROBE = """
import importlib, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        module = importlib.import_module(name)
        found[name] = list(getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")]))
    except BaseException:
        pass
print(json.dumps(found))
"""
_FOLDERS = (
    "import json, sysconfig; p = sysconfig.get_paths(); print(json.dumps([p['stdlib'], p['platstdlib'], p['purelib'], p['platlib']]))"
)
PROBE_LIMITS = Limits(seconds=60.0, memory_bytes=2 * 1024**3)


class StarImports:
    name: ClassVar[str] = "star_imports"
    failure_classes: ClassVar[frozenset[FailureClass]] = frozenset({FailureClass.LINT})
    queue: ClassVar[str] = "cpu"
    phase: ClassVar[str] = "patch"
    rank: ClassVar[int] = 5  # first: with stars left, no tool knows which names are unused or undefined

    def treats(self, finding: Finding) -> bool:
        return finding.tool in {"ruff", "flake8"} and finding.rule in {"F403", "F405"} and bool(finding.path)

    def propose(self, bench: Bench, targets: Sequence[Finding]) -> Proposal | None:
        wanted = [finding for finding in targets if self.treats(finding)]
        before = read_sources(bench.tree, paths_of(wanted))
        jobs = [Job(path, content, places_of(wanted, path)) for path, content in before.items()]
        context: dict[str, object] = {"outside": _outside_folders(bench)}
        answer = rewrite(bench, "star_imports", jobs, options_of(bench, wanted), context)
        known = _ask_interpreter(bench, {note.rpartition(":")[2] for note in answer.notes if note.startswith(UNRESOLVED)})
        if known:
            answer = rewrite(bench, "star_imports", jobs, options_of(bench, wanted), {**context, "known": known})
        for path, content in answer.contents.items():
            (bench.tree / path).write_bytes(content)
        edits = settle(bench, before, wanted)
        return Proposal(self.name, edits, f"Made the star imports of {len(edits)} files explicit.") if edits else None


def _outside_folders(bench: Bench) -> list[str]:
    """Where the tree's interpreter keeps the standard library and installed packages."""
    result = bench.run([str(bench.environment.python), "-I", "-c", _FOLDERS], limits=PROBE_LIMITS)
    try:
        own = json.loads(result.stdout)
    except ValueError:
        own = []
    folders = [*map(str, bench.environment.site_packages), *(place for place in own if isinstance(place, str))]
    return list(dict.fromkeys(folders))


def _ask_interpreter(bench: Bench, modules: set[str]) -> dict[str, list[str]]:
    """module -> public names, for those that can be imported without the tree on the path."""
    names = sorted(name for name in modules if name and not name.startswith("."))
    if not names:
        return {}
    result = bench.run([str(bench.environment.python), "-I", "-c", _PROBE, *names], limits=PROBE_LIMITS)
    try:
        found = json.loads(result.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    return {
        str(name): [str(item) for item in items if str(item).isidentifier()] for name, items in found.items() if isinstance(items, list)
    }
