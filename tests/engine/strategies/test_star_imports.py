"""Star imports made explicit, with nothing lost that others rely on."""

import subprocess
import sys
from pathlib import Path

from repairs.engine.bench import Bench
from repairs.engine.strategies.star_imports import StarImports
from repairs.engine.types import FailureClass, Finding
from tests.engine.strategies.benches import lay_bench, rules_left

SHAPES = "import os\n_private = 1\nPI = 3\n\n\ndef area(r):\n    return PI * r\n\n\nclass Square:\n    pass\n"


def repaired(bench: Bench) -> dict[str, str]:
    strategy = StarImports()
    proposal = strategy.propose(bench, [finding for finding in bench.report.findings if strategy.treats(finding)])
    return {path: (content or b"").decode() for path, content in proposal.edits.items()} if proposal else {}


def output(bench: Bench, *arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], cwd=bench.tree, capture_output=True, text=True, check=True).stdout


def test_only_used_names_are_imported(tmp_path: Path) -> None:
    bench = lay_bench(tmp_path, {"shapes.py": SHAPES, "main.py": "from shapes import *\n\nprint(area(2), PI)\n"})
    assert repaired(bench) == {"main.py": "from shapes import PI, area\n\nprint(area(2), PI)\n"}


def test_a_list_of_exports_is_obeyed(tmp_path: Path) -> None:
    module = "__all__ = ['_one']\n__all__ += ['two']\n__all__.append('three')\n_one = two = three = four = 1\n"
    bench = lay_bench(tmp_path, {"m.py": module, "main.py": "from m import *\n\nfour = 0\nprint(_one, two, three, four)\n"})
    assert repaired(bench)["main.py"].startswith("from m import _one, three, two\n")


def test_the_later_of_two_stars_wins(tmp_path: Path) -> None:
    files = {"a.py": "x = 'a'\ny = 'a'\n", "b.py": "x = 'b'\n", "main.py": "from a import *\nfrom b import *\n\nprint(x, y)\n"}
    bench = lay_bench(tmp_path, files)
    before = output(bench, "main.py")
    assert repaired(bench) == {"main.py": "from a import y\nfrom b import x\n\nprint(x, y)\n"}
    assert output(bench, "main.py") == before


def test_names_are_followed_through_chains_of_stars(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "from .top import *\n",
        "pkg/top.py": "from .deep import *\n",
        "pkg/deep.py": "def dig():\n    return 7\n",
        "main.py": "from pkg.top import *\n\nprint(dig())\n",
        "other.py": "import pkg\n\nprint(pkg.dig())\n",
    }
    bench = lay_bench(tmp_path, files)
    edits = repaired(bench)
    assert edits["main.py"] == "from pkg.top import dig\n\nprint(dig())\n"
    assert edits["pkg/top.py"] == "from .deep import dig as dig\n"
    assert edits["pkg/__init__.py"] == "from .top import dig as dig\n"
    assert output(bench, "main.py") == output(bench, "other.py") == "7\n"
    assert rules_left(bench) == []


def test_a_name_rebound_by_the_file_itself_is_not_imported(tmp_path: Path) -> None:
    bench = lay_bench(
        tmp_path, {"shapes.py": SHAPES, "main.py": "from shapes import *\n\n\ndef area(r):\n    return PI\n\n\nprint(area(1))\n"}
    )
    assert repaired(bench)["main.py"].startswith("from shapes import PI\n")


def test_a_name_of_an_untaken_branch_is_not_imported(tmp_path: Path) -> None:
    module = "import sys\n\nif sys.version_info[0] == 2:\n    text = 1\n    old = 2\nelse:\n    text = 3\n"
    bench = lay_bench(
        tmp_path, {"compat.py": module, "pkg/__init__.py": "from compat import *\n", "main.py": "import pkg\n\nprint(pkg.text)\n"}
    )
    repaired(bench)
    assert output(bench, "main.py") == "3\n"
    assert "old" not in (bench.tree / "pkg/__init__.py").read_text()


def test_test_classes_stay_collected(tmp_path: Path) -> None:
    files = {
        "base_tests.py": "import unittest\n\n\nclass TestBase(unittest.TestCase):\n    def test_it(self):\n        pass\n",
        "runtests.py": "import unittest\n\nfrom base_tests import *\n\nif __name__ == '__main__':\n    unittest.main()\n",
    }
    bench = lay_bench(tmp_path, files)
    assert "TestBase" in repaired(bench)["runtests.py"]
    done = subprocess.run([sys.executable, "runtests.py"], cwd=bench.tree, capture_output=True, text=True, check=True)
    assert "Ran 1 test" in done.stderr


def test_standard_library_stars_are_read_from_the_interpreter(tmp_path: Path) -> None:
    bench = lay_bench(tmp_path, {"main.py": "from math import *\nfrom os.path import *\n\nprint(sqrt(4), join('a', 'b'))\n"})
    assert repaired(bench)["main.py"] == "from math import sqrt\nfrom os.path import join\n\nprint(sqrt(4), join('a', 'b'))\n"


def test_a_module_that_cannot_be_found_keeps_its_star(tmp_path: Path) -> None:
    bench = lay_bench(tmp_path, {"main.py": "from not_there_at_all import *\n\nprint(thing)\n"})
    assert repaired(bench) == {}


def test_fewer_targets_change_less(tmp_path: Path) -> None:
    user = "from shapes import *\n\nprint(PI)\n"
    bench = lay_bench(tmp_path, {"shapes.py": SHAPES, "a.py": user, "b.py": user})
    targets = [finding for finding in bench.report.findings if finding.path == "b.py"]
    proposal = StarImports().propose(bench, targets)
    assert proposal is not None and set(proposal.edits) == {"b.py"}


def test_hostile_files_are_left_alone(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "deep.py": "from shapes import *\nx = " + "(" * 5000 + ")" * 5000 + "\n",
        "long.py": "from shapes import *\nx = " + "+".join(["1"] * 60_000) + "\n",
        "binary.py": b"from shapes import *\n\xff\xfe\x00\n",
        "loop.py": "from loop import *\nprint(x)\n",
        "shapes.py": SHAPES,
        "good.py": "from shapes import *\n\nprint(PI)\n",
    }
    bench = lay_bench(tmp_path, files, look=False)
    targets = [Finding(FailureClass.LINT, "ruff", "F403", "star", path, 1, 1) for path in files]
    proposal = StarImports().propose(bench, targets)
    assert proposal is not None and set(proposal.edits) == {"good.py"}
