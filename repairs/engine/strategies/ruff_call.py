"""Calling ruff on chosen files with the configuration of the check that complained, and with nothing else."""

import itertools
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from repairs.engine.bench import Bench
from repairs.engine.types import CheckSpec, CommandResult, Finding, Limits

LIMITS = Limits(seconds=120.0)
FILES_A_CALL = 200  # keeps argv far below the kernel's limit
_LINT_VALUES = frozenset({"--select", "--extend-select", "--ignore", "--extend-ignore", "--per-file-ignores", "--extend-per-file-ignores"})
_SHARED_VALUES = frozenset({"--config", "--line-length", "--target-version"})
_SHARED_FLAGS = frozenset({"--isolated", "--preview", "--no-preview"})


def ruff_program() -> str:
    """The ruff that was installed with us."""
    return str(Path(sysconfig.get_path("scripts")) / "ruff")


def spec_lookup(bench: Bench) -> Callable[[Finding], CheckSpec | None]:
    """Finding -> the check that reported it; failing that, the first check of its tool."""
    owners = {finding: report.check for report in bench.report.reports for finding in report.findings}
    names = {spec.name: spec for spec in bench.project.checks}
    tools = {spec.tool: spec for spec in reversed(bench.project.checks)}
    return lambda finding: names.get(owners.get(finding, "")) or tools.get(finding.tool)


def lint_configuration(command: Sequence[str]) -> list[str]:
    """The arguments of a `ruff check …` command that say what is a violation, selection included."""
    return _kept(command, flags=_SHARED_FLAGS | {"--ignore-noqa"}, values=_SHARED_VALUES | _LINT_VALUES)


def format_configuration(command: Sequence[str]) -> list[str]:
    """The arguments of any ruff command that the formatter understands too."""
    return _kept(command, flags=_SHARED_FLAGS, values=_SHARED_VALUES)


def _kept(command: Sequence[str], *, flags: Iterable[str], values: Iterable[str]) -> list[str]:
    kept: list[str] = []
    arguments = iter(command)
    for argument in arguments:
        name = argument.partition("=")[0]
        if argument in flags or (name in values and "=" in argument):
            kept.append(argument)
        elif argument in values:
            kept += [argument, *itertools.islice(arguments, 1)]
    return kept


def run_ruff(bench: Bench, arguments: Sequence[str], files: Sequence[str]) -> list[CommandResult]:
    """Run ruff in the sandbox over the files, a few hundred a call; file names are never read as options.

    Ruff dies of some sources (its stack overflows); the other files of the call are then done without the deadly one.
    """
    chunks = (files[start : start + FILES_A_CALL] for start in range(0, len(files), FILES_A_CALL))
    return [result for chunk in chunks for result in _run_chunk(bench, [ruff_program(), *arguments], chunk)]


def _run_chunk(bench: Bench, command: Sequence[str], files: Sequence[str]) -> list[CommandResult]:
    result = bench.run([*command, "--", *files], limits=LIMITS)
    has_died = result.exit_code is None or result.exit_code < 0 or result.exit_code > 2
    if not has_died or len(files) < 2:
        return [result]
    middle = len(files) // 2
    return _run_chunk(bench, command, files[:middle]) + _run_chunk(bench, command, files[middle:])
