"""Conflict markers: resolved where one answer is plain, left alone where a person must say."""

from pathlib import Path

import pytest

from repairs.engine.strategies.merge_conflicts import MergeConflicts
from repairs.engine.types import FailureClass, Finding
from tests.engine.strategies.benches import lay_bench


def conflict(ours: str, theirs: str, base: str | None = None) -> str:
    middle = f"||||||| base\n{base}" if base is not None else ""
    return f"<<<<<<< HEAD\n{ours}{middle}=======\n{theirs}>>>>>>> feature\n"


def resolved(tmp_path: Path, text: str, path: str = "a.py") -> str | None:
    bench = lay_bench(tmp_path, {path: text}, look=False)
    proposal = MergeConflicts().propose(bench, [Finding(FailureClass.SYNTAX, "compile", "merge-conflict", "marker", path, 1, 1)])
    if proposal is None:
        return None
    content = proposal.edits[path]
    assert content is not None and (bench.tree / path).read_bytes() == content
    return content.decode()


PLAIN = {
    "both sides say the same": (conflict("x = 1\n", "x = 1\n"), "x = 1\n"),
    "white space apart": (conflict("x = f(a, b)\n", "x = f(a,  b)\n"), "x = f(a, b)\n"),
    "quotes apart": (conflict("x = 'a'\n", 'x = "a"\n'), "x = 'a'\n"),
    "layout apart": (conflict("x = f(\n    1,\n)\n", "x = f(1)\n"), "x = f(\n    1,\n)\n"),
    "theirs holds ours": (conflict("a = 1\n", "a = 1\nb = 2\n"), "a = 1\nb = 2\n"),
    "ours holds theirs": (conflict("a = 1\n# why\nb = 2\n", "a = 1\nb = 2\n"), "a = 1\n# why\nb = 2\n"),
    "one side empty": (conflict("", "a = 1\n"), "a = 1\n"),
    "only theirs changed": (conflict("a = 1\n", "a = 2\n", "a = 1\n"), "a = 2\n"),
    "only ours changed": (conflict("a = 3\n", "a = 1\n", "a = 1\n"), "a = 3\n"),
    "other imports": (conflict("import os\n", "import sys\n"), "import os\nimport sys\n"),
    "more names of a module": (conflict("from a import b, c\n", "from a import b, d\n"), "from a import b, c, d\n"),
    "other functions": (
        conflict("def f():\n    return 1\n", "def g():\n    return 2\n"),
        "def f():\n    return 1\n\n\ndef g():\n    return 2\n",
    ),
    "other methods": (
        "class A:\n" + conflict("    def f(self):\n        return 1\n", "    def g(self):\n        return 2\n"),
        "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n",
    ),
    "other constants": (conflict("A = 1\n", "B = 2\n"), "A = 1\nB = 2\n"),
    "other list entries": ("x = [\n    'z',\n" + conflict("    'a',\n", "    'b',\n") + "]\n", "x = [\n    'z',\n    'a',\n    'b',\n]\n"),
    "other dict entries": ("x = {\n" + conflict("    'a': 1,\n", "    'b': 2,\n") + "}\n", "x = {\n    'a': 1,\n    'b': 2,\n}\n"),
    "only ours compiles": (conflict("def f(a, b):\n", "def f(a, b:\n") + "    return a\n", "def f(a, b):\n    return a\n"),
    "only theirs fits what follows": (
        conflict("x = g(1\n", "x = g(1,\n") + "      2)\n",
        "x = g(1,\n      2)\n",
    ),
    "only one side knows its names": (
        "def f(count):\n" + conflict("    return total + 1\n", "    return count + 1\n"),
        "def f(count):\n    return count + 1\n",
    ),
    "two conflicts": (
        conflict("import os\n", "import sys\n") + "x = 1\n" + conflict("y = 1\n", "y = 1\nz = 2\n"),
        "import os\nimport sys\nx = 1\ny = 1\nz = 2\n",
    ),
}


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_a_plain_conflict_is_resolved(tmp_path: Path, case: str) -> None:
    text, wanted = PLAIN[case]
    assert resolved(tmp_path, text) == wanted


AMBIGUOUS = {
    "two values": conflict("x = 1\n", "x = 2\n"),
    "two bodies": "def f():\n" + conflict("    return 1\n", "    return 2\n"),
    "one name for two modules": conflict("import json as j\n", "import ujson as j\n"),
    "one key with two values": "x = {\n" + conflict("    'a': 1,\n", "    'a': 2,\n") + "}\n",
    "the same function twice": conflict("def f():\n    return 1\n", "def f():\n    return 2\n"),
    "changed here, deleted there": conflict("a = 2\nb = 1\n", "a = 2\n", "a = 1\nb = 1\n"),
    "no end": "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n",
    "markers inside markers": conflict(conflict("x = 1\n", "x = 2\n"), "x = 3\n"),
}


@pytest.mark.parametrize("case", AMBIGUOUS, ids=str)
def test_an_ambiguous_conflict_is_left_to_a_person(tmp_path: Path, case: str) -> None:
    assert resolved(tmp_path, AMBIGUOUS[case]) is None


def test_one_ambiguous_conflict_keeps_the_whole_file(tmp_path: Path) -> None:
    assert resolved(tmp_path, conflict("import os\n", "import sys\n") + conflict("x = 1\n", "x = 2\n")) is None


def test_windows_line_ends_survive(tmp_path: Path) -> None:
    text = conflict("a = 1\n", "a = 1\nb = 2\n").replace("\n", "\r\n")
    assert resolved(tmp_path, text) == "a = 1\r\nb = 2\r\n"


def test_text_files_are_resolved_by_lines_alone(tmp_path: Path) -> None:
    assert resolved(tmp_path, conflict("a\n", "a\nb\n"), "notes.txt") == "a\nb\n"
    assert resolved(tmp_path, conflict("a==1\n", "a==2\n"), "requirements.txt") is None


def test_an_underline_is_no_marker(tmp_path: Path) -> None:
    assert resolved(tmp_path, '"""Title\n=======\n"""\n') is None
