"""Calling ruff on chosen files with the configuration of the check that complained, and with nothing else."""

import itertools
from collections.abc import Iterable, Sequence

import ruff

from repairs.engine.bench import Bench
from repairs.engine.types import CheckSpec, CommandResult, Finding, Limits

LIMITS = Limits(seconds=120.0)
FILES_A_CALL = 200  # keeps argv far below the kernel's limit
_LINT_VALUES = frozenset({"--select", "--extend-select", "--ignore", "--extend-ignore", "--per-file-ignores", "--extend-per-file-ignores"})
_SHARED_VALUES = frozenset({"--config", "--line-length", "--target-version"})
_SHARED_FLAGS = frozenset({"--isolated", "--preview", "--no-preview"})


def spec_of(bench: Bench, finding: Finding) -> CheckSpec | None:
    """The check that reported the finding; failing that, the first check of its tool."""
    named = [report.check for report in bench.report.reports if finding in report.findings]
    specs = [spec for spec in bench.project.checks if spec.name in named]
    return next(iter(specs + [spec for spec in bench.project.checks if spec.tool == finding.tool]), None)


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
    """Run ruff in the sandbox over the files, a few hundred a call; file names are never read as options."""
    program = ruff.find_ruff_bin()
    return [bench.run([program, *arguments, "--", *chunk], limits=LIMITS) for chunk in _chunks(files)]


def _chunks(files: Sequence[str]) -> Iterable[Sequence[str]]:
    return (files[start : start + FILES_A_CALL] for start in range(0, len(files), FILES_A_CALL))
