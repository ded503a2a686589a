"""The main job as a user does it: the command, the API, real workers, real engines, the real sandbox."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., "subprocess.CompletedProcess[str]"]

RUFF = '[tool.ruff]\nline-length = 100\n[tool.ruff.lint]\nselect = ["F", "I"]\n'


def tree_with(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_clean_tree_ends_clean_with_an_empty_patch(metabuilder: Command, tmp_path: Path) -> None:
    tree = tree_with(tmp_path / "tree", {"pyproject.toml": RUFF, "a.py": "X = 1\n"})
    result = metabuilder("repair", str(tree), "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert (document["outcome"], document["patch"], document["attempts"]) == ("clean", "", [])


def test_a_lint_failure_is_repaired_and_the_patch_applies_with_git(metabuilder: Command, tmp_path: Path) -> None:
    tree = tree_with(tmp_path / "tree", {"pyproject.toml": RUFF, "a.py": "import os\nimport sys\n\nprint(sys.argv)\n"})
    result = metabuilder("repair", str(tree), "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["outcome"] == "repaired"
    assert document["proof"] == {"f2p": True, "p2p": True, "integrity": True, "necessity": True}
    assert [finding["rule"] for finding in document["failures_before"]] == ["F401"]
    assert document["failures_after"] == []
    assert (tree / "a.py").read_text().startswith("import os\n"), "without --apply the tree stays as it is"
    subprocess.run(["git", "apply", "-"], cwd=tree, input=document["patch"], text=True, check=True)
    assert (tree / "a.py").read_text() == "import sys\n\nprint(sys.argv)\n"


def test_apply_writes_the_patch_into_the_tree(metabuilder: Command, tmp_path: Path) -> None:
    tree = tree_with(tmp_path / "tree", {"pyproject.toml": RUFF, "a.py": "import os\n"})
    result = metabuilder("repair", str(tree), "--apply")
    assert result.returncode == 0, result.stderr
    assert (tree / "a.py").read_text() == ""


def test_a_fix_that_breaks_a_test_is_rolled_back_and_the_rest_is_kept(metabuilder: Command, tmp_path: Path) -> None:
    files = {
        "pyproject.toml": RUFF + '[tool.pytest.ini_options]\npythonpath = ["."]\n',
        "registry.py": "import os\n\nKNOWN = []\n",
        "plugin.py": "from registry import KNOWN\n\nKNOWN.append('plugin')\n",
        "app.py": "import plugin\nfrom registry import KNOWN\n\n\ndef names():\n    return KNOWN\n",
        "test_app.py": "from app import names\n\n\ndef test_the_plugin_is_known():\n    assert names() == ['plugin']\n",
    }
    result = metabuilder("repair", str(tree_with(tmp_path / "tree", files)), "--json")
    document = json.loads(result.stdout)
    assert result.returncode == 1, "the import that must stay keeps the check red"
    assert "registry.py" in document["patch"]
    assert "app.py" not in document["patch"], "removing its import would have broken the test"
    assert document["attempts"][0]["dropped_groups"] == [["F401", "app.py"]]


def test_a_failing_test_is_found_classified_and_reported(metabuilder: Command, tmp_path: Path) -> None:
    files = {
        "calc.py": "def double(x):\n    return x + x + 1\n",
        "test_calc.py": "from calc import double\n\n\ndef test_double():\n    assert double(2) == 4\n",
    }
    result = metabuilder("repair", str(tree_with(tmp_path / "tree", files)), "--json")
    document = json.loads(result.stdout)
    assert (result.returncode, document["outcome"]) == (1, "unrepaired")
    [failure] = document["failures_after"]
    assert (failure["failure_class"], failure["test_id"]) == ("test", "test_calc.py::test_double")


def test_a_folder_that_is_not_there_is_wrong_usage(metabuilder: Command, tmp_path: Path) -> None:
    result = metabuilder("repair", str(tmp_path / "nowhere"))
    assert result.returncode == 2
    assert "is no folder" in result.stderr


def test_an_unknown_check_names_the_known_ones(metabuilder: Command, tmp_path: Path) -> None:
    result = metabuilder("repair", str(tree_with(tmp_path / "tree", {"a.py": "X = 1\n"})), "--check", "lnit")
    assert result.returncode == 2
    assert "syntax" in result.stderr and "lint" in result.stderr
