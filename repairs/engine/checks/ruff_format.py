"""`ruff format --check`: one finding a file."""

import re

from repairs.engine.bench import Bench
from repairs.engine.checks.base import broken, limits_of, relative_path, report_of, tool_program
from repairs.engine.types import CheckReport, CheckSpec, Finding

_LINE = re.compile(r"^Would reformat: (?P<path>.+)$", re.MULTILINE)


def check_ruff_format(spec: CheckSpec, bench: Bench) -> CheckReport:
    argv = [tool_program("ruff", bench), "format", "--check", "--no-cache", "--force-exclude", *(spec.paths or (".",))]
    result = bench.run(argv, limits=limits_of(spec))
    if result.exit_code not in (0, 1) and not _LINE.search(result.stdout):
        return broken(spec, result)
    paths = [relative_path(match["path"].strip(), bench) for match in _LINE.finditer(result.stdout)]
    return report_of(spec, result, [Finding(spec.failure_class, "ruff-format", "format", "Would be reformatted.", path) for path in paths])
