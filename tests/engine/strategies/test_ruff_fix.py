"""ruff's fixes, narrowed to the targets."""

import os
from pathlib import Path

from repairs.engine.strategies.ruff_fix import RuffFix
from repairs.engine.strategies.ruff_unsafe import RuffUnsafe
from repairs.engine.types import CheckSpec, FailureClass, Finding
from tests.engine.strategies.benches import lay_bench, ruff_findings, rules_left

MESSY = "import sys\nimport os\nx = f'plain'\nprint(os)\n"


def finding(rule: str, path: str | None, tool: str = "ruff") -> Finding:
    return Finding(FailureClass.LINT, tool, rule, "said so", path, 1, 1)


def test_it_fixes_what_the_targets_name(tmp_path: Path) -> None:
    bench = lay_bench(tmp_path, {"a.py": MESSY})
    proposal = RuffFix().propose(bench, bench.report.findings)
    assert proposal is not None
    assert proposal.edits == {"a.py": b"import os\n\nx = 'plain'\nprint(os)\n"}
    assert rules_left(bench) == []


def test_fewer_targets_change_less(tmp_path: Path) -> None:
    bench = lay_bench(tmp_path, {"a.py": MESSY, "b.py": MESSY})
    only = [found for found in bench.report.findings if (found.rule, found.path) == ("F541", "b.py")]
    proposal = RuffFix().propose(bench, only)
    assert proposal is not None
    assert proposal.edits == {"b.py": MESSY.replace("f'plain'", "'plain'").encode()}
    assert (bench.tree / "a.py").read_text() == MESSY


def test_it_keeps_the_configuration_of_the_check(tmp_path: Path) -> None:
    spec = CheckSpec(
        "lint", FailureClass.LINT, "ruff", command=("ruff", "check", "--isolated", "--select=UP", "--target-version", "py37", ".")
    )
    bench = lay_bench(tmp_path, {"a.py": "from typing import Optional\nx: Optional[int] = None\n"}, checks=[spec])
    assert RuffFix().propose(bench, [finding("UP045", "a.py")]) is None
    assert RuffUnsafe().propose(bench, [finding("UP045", "a.py")]) is None


def test_a_suppression_of_a_rule_outside_the_targets_survives(tmp_path: Path) -> None:
    command = ("ruff", "check", "--isolated", "--select", "E,F,RUF100", ".")
    spec = CheckSpec("lint", FailureClass.LINT, "ruff", command=command)
    source = "import os  # noqa: F401\nimport sys  # noqa: E722\n\nprint(sys)\n"
    bench = lay_bench(tmp_path, {"a.py": source}, checks=[spec])
    proposal = RuffFix().propose(bench, [finding("RUF100", "a.py")])
    assert proposal is not None
    assert proposal.edits == {"a.py": b"import os  # noqa: F401\nimport sys\n\nprint(sys)\n"}


def test_unsafe_fixes_are_left_to_their_own_strategy(tmp_path: Path) -> None:
    bench = lay_bench(tmp_path, {"a.py": "def f():\n    x = 1\n"})
    assert RuffFix().propose(bench, bench.report.findings) is None
    proposal = RuffUnsafe().propose(bench, bench.report.findings)
    assert proposal is not None and proposal.edits == {"a.py": b"def f():\n    pass\n"}


def test_files_with_the_same_rules_share_a_call(tmp_path: Path) -> None:
    bench = lay_bench(tmp_path, {f"m{number}.py": "import os\n" for number in range(30)})
    RuffFix().propose(bench, bench.report.findings)
    assert rules_left(bench) == []
    assert len(bench.sandbox.calls) <= 2  # type: ignore[attr-defined]


def test_it_ignores_what_it_cannot_treat() -> None:
    strategy = RuffFix()
    assert not strategy.treats(finding("E501", "a.py"))
    assert not strategy.treats(finding("F401", None))
    assert not strategy.treats(finding("attr-defined", "a.py", tool="mypy"))
    assert not strategy.treats(finding("invalid-syntax", "a.py"))


def test_hostile_paths_are_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("import os\n")
    bench = lay_bench(tmp_path, {"--fix.py": "import os\n"})
    (bench.tree / "link.py").symlink_to(outside)
    os.mkfifo(bench.tree / "pipe.py")
    paths = ["../outside.py", str(outside), "link.py", "pipe.py", "missing.py", "nul\0.py"]
    assert RuffFix().propose(bench, [finding("F401", path) for path in paths]) is None
    assert outside.read_text() == "import os\n"
    proposal = RuffFix().propose(bench, [finding("F401", "--fix.py")])
    assert proposal is not None and proposal.edits == {"--fix.py": b""}


def test_source_that_does_not_parse_is_left_alone(tmp_path: Path) -> None:
    bench = lay_bench(tmp_path, {"a.py": "import os\ndef f(:\n"})
    assert RuffFix().propose(bench, [finding("F401", "a.py")]) is None
    assert ruff_findings(bench.tree)
