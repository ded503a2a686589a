"""Small syntax errors: what comes out is the program that was meant, or nothing."""

import ast
from pathlib import Path

import pytest

from repairs.engine.strategies.syntax_errors import SyntaxErrors
from repairs.engine.types import FailureClass, Finding
from tests.engine.strategies.benches import lay_bench


def mended(tmp_path: Path, content: str | bytes, path: str = "a.py") -> bytes | None:
    bench = lay_bench(tmp_path, {path: content}, look=False)
    proposal = SyntaxErrors().propose(bench, [Finding(FailureClass.SYNTAX, "compile", "SyntaxError", "invalid syntax", path, 1, 1)])
    return proposal.edits[path] if proposal else None


CASES = {
    "colon after if": ("x = 1\nif x\n    print(x)\n", "x = 1\nif x:\n    print(x)\n"),
    "colon after def": ("def f(a, b)\n    return a\n", "def f(a, b):\n    return a\n"),
    "semicolon for a colon": ("for i in range(3);\n    print(i)\n", "for i in range(3):\n    print(i)\n"),
    "closing parenthesis": ("print(len([1, 2])\nx = 2\n", "print(len([1, 2]))\nx = 2\n"),
    "closing bracket of an index": ("x = [1, 2]\ny = x[0\nprint(y)\n", "x = [1, 2]\ny = x[0]\nprint(y)\n"),
    "closing brace of a block": ("x = {\n    'a': 1,\n    'b': 2,\n\ny = 3\n", "x = {\n    'a': 1,\n    'b': 2,\n}\ny = 3\n"),
    "one parenthesis too many": ("print(len('a')))\n", "print(len('a'))\n"),
    "the wrong bracket": ("x = [1, 2)\n", "x = [1, 2]\n"),
    "parenthesis that opens": ("x = 1\nprint x)\n", "x = 1\nprint(x)\n"),
    "closing quote": ("print('hello)\n", "print('hello')\n"),
    "opening quote": ("print(hello there')\n", "print('hello there')\n"),
    "two kinds of quote": ("x = 'abc\"\n", "x = 'abc'\n"),
    "apostrophe": ("x = 'don't'\n", 'x = "don\'t"\n'),
    "closing block string": ('def f():\n    """Does it.\n    return 1\n', 'def f():\n    """Does it."""\n    return 1\n'),
    "block string with two quotes": ('def f():\n    """Does it.""\n    return 1\n', 'def f():\n    """Does it."""\n    return 1\n'),
    "assignment in a condition": ("x = 1\nif x = 2:\n    print(x)\n", "x = 1\nif x == 2:\n    print(x)\n"),
    "walrus as a statement": ("x := 5\n", "x = 5\n"),
    "comma between lines": ("x = [\n    1,\n    2\n    3,\n]\n", "x = [\n    1,\n    2,\n    3,\n]\n"),
    "comma in a dict": ("x = {\n    'a': 1\n    'b': 2,\n}\n", "x = {\n    'a': 1,\n    'b': 2,\n}\n"),
    "comma in a call": ("print(1 2)\n", "print(1, 2)\n"),
    "else if": ("x = 1\nif x:\n    pass\nelse if x > 2:\n    pass\n", "x = 1\nif x:\n    pass\nelif x > 2:\n    pass\n"),
    "and of another language": ("a = b = 1\nif a && b:\n    pass\n", "a = b = 1\nif a and b:\n    pass\n"),
    "increment": ("i = 0\ni++\n", "i = 0\ni += 1\n"),
    "mistyped keyword": ("def f():\n    retrun 1\n", "def f():\n    return 1\n"),
    "body not indented": ("x = 1\nif x:\nprint(x)\n", "x = 1\nif x:\n    print(x)\n"),
    "function without a body": ("def f():\n\n\ndef g():\n    return 1\n", "def f():\n    pass\n\n\ndef g():\n    return 1\n"),
    "indent by three": ("def f():\n    x = 1\n   return x\n", "def f():\n    x = 1\n    return x\n"),
    "indent out of nowhere": ("x = 1\n    y = 2\n", "x = 1\ny = 2\n"),
    "tabs among spaces": ("def f():\n        x = 1\n\treturn x\n", "def f():\n        x = 1\n        return x\n"),
    "print statement": ("x = 1\nprint 'a', x\nprint\n", "x = 1\nprint('a', x)\nprint()\n"),
    "old except and raise": (
        "try:\n    pass\nexcept ValueError, e:\n    raise TypeError, 'x'\n",
        "try:\n    pass\nexcept ValueError as e:\n    raise TypeError('x')\n",
    ),
    "old literals": ("x = 0777\ny = 10L\nz = `x` <> ur'a'\n", "x = 0o777\ny = 10\nz = repr(x) != r'a'\n"),
    "old exec": ("ns = {}\nexec 'x = 1' in ns\n", "ns = {}\nexec('x = 1', ns)\n"),
    "curly quotes": ("print(\u201chello\u201d)\n", 'print("hello")\n'),
    "no-break space": ("x\u00a0= 1\n", "x = 1\n"),
    "long dash": ("a = b = 1\nc = a \u2013 b\n", "a = b = 1\nc = a - b\n"),
    "fence of a chat window": ("```python\nx = 1\n```\n", "x = 1\n"),
    "leftover marker": ("x = 1\n>>>>>>> feature\ny = 2\n", "x = 1\ny = 2\n"),
    "prompts": (">>> x = 1\n>>> print(x)\n", "x = 1\nprint(x)\n"),
    "lines of a diff": ("+import os\n+print(os)\n", "import os\nprint(os)\n"),
    "parentheses of a definition": ("def f:\n    return 1\n", "def f():\n    return 1\n"),
    "missing in": ("for x range(3):\n    print(x)\n", "for x in range(3):\n    print(x)\n"),
    "doubled word": ("def def f():\n    return 1\n", "def f():\n    return 1\n"),
    "trailing comma of an import": ("from os import path,\n", "from os import path\n"),
    "quotes inside an f-string": ('row = {}\nprint(f"{row["a"]} b")\n', "row = {}\nprint(f\"{row['a']} b\")\n"),
    "try without a handler": ("try:\n    x = 1\n\ny = 2\n", "try:\n    x = 1\nfinally:\n    pass\n\ny = 2\n"),
    "several at once": (
        "def f(a)\n    print(a\n    return a\n\n\nprint(f(1)\n",
        "def f(a):\n    print(a)\n    return a\n\n\nprint(f(1))\n",
    ),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_small_error_is_mended_to_what_was_meant(tmp_path: Path, case: str) -> None:
    broken, wanted = CASES[case]
    content = mended(tmp_path, broken)
    assert content is not None
    assert ast.dump(ast.parse(content)) == ast.dump(ast.parse(wanted)), content.decode()


def test_a_file_that_ends_too_early_compiles_again(tmp_path: Path) -> None:
    content = mended(tmp_path, "import os\n\n\ndef f():\n    return os.path.join('a', [1, 2\n")
    assert content == b"import os\n\n\ndef f():\n    return os.path.join('a', [1, 2])\n"


def test_bytes_in_an_undeclared_encoding_become_utf8(tmp_path: Path) -> None:
    assert mended(tmp_path, "x = 'caf\u00e9'\n".encode("latin-1")) == "x = 'caf\u00e9'\n".encode()


def test_windows_line_ends_survive(tmp_path: Path) -> None:
    assert mended(tmp_path, "x = 1\r\nif x\r\n    print(x)\r\n") == b"x = 1\r\nif x:\r\n    print(x)\r\n"


def test_prose_is_not_turned_into_a_program(tmp_path: Path) -> None:
    assert mended(tmp_path, "Dear reader, this is not a program at all.\nIt only says so; (really) it is [prose.\n") is None


def test_hostile_files_are_left_alone_and_cost_the_others_nothing(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "deep.py": "(" * 100_000,
        "nul.py": b"\x00" * 5000 + b"(",
        "brackets.py": "f(" * 3000 + "\n" * 3000 + "]" * 500,
        "good.py": "if 1\n    x = 1\n",
    }
    bench = lay_bench(tmp_path, files, look=False)
    targets = [Finding(FailureClass.SYNTAX, "compile", "SyntaxError", "invalid", path, 1, 1) for path in files]
    proposal = SyntaxErrors().propose(bench, targets)
    assert proposal is not None
    assert proposal.edits["good.py"] == b"if 1:\n    x = 1\n"
    assert "deep.py" not in proposal.edits


def test_fewer_targets_change_less(tmp_path: Path) -> None:
    bench = lay_bench(tmp_path, {"a.py": "if 1\n    x = 1\n", "b.py": "if 1\n    x = 1\n"}, look=False)
    proposal = SyntaxErrors().propose(bench, [Finding(FailureClass.SYNTAX, "compile", "SyntaxError", "invalid", "b.py", 1, 1)])
    assert proposal is not None and set(proposal.edits) == {"b.py"}
    assert (bench.tree / "a.py").read_text() == "if 1\n    x = 1\n"


def test_it_ignores_what_it_cannot_treat() -> None:
    assert not SyntaxErrors().treats(Finding(FailureClass.SYNTAX, "compile", "SyntaxError", "invalid"))
    assert not SyntaxErrors().treats(Finding(FailureClass.LINT, "ruff", "E501", "long", "a.py"))
