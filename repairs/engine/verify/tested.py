"""Tests before and after: none removed, renamed, skipped, emptied or loosened.

Two versions of a test are compared as syntax trees with what means the same made the same: layout, quotes, import order,
`x == None` and `x is None`, the three spellings of a formatted string.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from repairs.engine.verify.equivalence import normalised
from repairs.engine.verify.tampering import Tampering

TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_test|tests?)\.py$|(^|/)tests?/.*\.py$")
HOOKS = re.compile(r"^pytest_|^collect_ignore|^pytestmark$|^pytest_plugins$|^load_tests$")
PATCHED = frozenset({"sys.exit", "os._exit", "exit", "quit", "builtins.AssertionError", "builtins.exit"})
RUNNERS = ("pytest", "_pytest", "unittest", "builtins", "pluggy")


def weakened_tests(path: str, before: bytes | None, after: bytes | None) -> Iterator[Tampering]:
    """What a change of this file takes away from the tests, or does to their runner."""
    if not path.endswith(".py"):
        return
    old, new = _parsed(before), _parsed(after)
    if new is not None:
        yield from _meddling(path, old, new)
    if not TEST_FILE.search(path) and not path.endswith("conftest.py"):
        return
    if after is None:
        yield Tampering("test_removed", path, None, "the file is gone")
    elif old is None and before is not None:
        return  # it did not parse before, so nothing was tested; what parses now is judged by its checks
    elif new is None:
        yield Tampering("test_removed", path, None, "the file does not parse any more")
    else:
        yield from _compared(path, old, new)


def _parsed(content: bytes | None) -> ast.Module | None:
    if content is None:
        return None
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _compared(path: str, old: ast.Module | None, new: ast.Module) -> Iterator[Tampering]:
    before, after = _tests(old) if old else {}, _tests(new)
    for name, test in before.items():
        if name not in after:
            yield Tampering("test_removed", path, test.lineno, f"{name} is gone or has another name")
        elif _shape(test) != _shape(after[name]):
            yield Tampering("test_changed", path, after[name].lineno, f"{name} does not test what it tested")
    yield from _hooks(path, old, new)


def _tests(tree: ast.Module) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Every function and class by its dotted name: helpers and fixtures decide what a test tests, too."""
    found: dict[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef] = {}

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                found[prefix + child.name] = child
            elif isinstance(child, ast.ClassDef):
                found[prefix + child.name] = child
                visit(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.If | ast.Try | ast.With):
                visit(child, prefix)

    visit(tree, "")
    return found


def _shape(test: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    """What decides a test's verdict: its decorators, arguments and body; of a class, its head, since its methods are looked at apart."""
    if not isinstance(test, ast.ClassDef):
        return normalised(test)
    rest = [node for node in test.body if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    return normalised(ast.ClassDef(test.name, test.bases, test.keywords, rest, test.decorator_list))


def _hooks(path: str, old: ast.Module | None, new: ast.Module) -> Iterator[Tampering]:
    """Module-level statements other than imports, docstrings and definitions: marks, ignored files, patches of the runner."""
    before = Counter(map(normalised, _statements(old))) if old else Counter[str]()
    for node in _statements(new):
        if before[normalised(node)] > 0:
            before[normalised(node)] -= 1
        else:
            yield Tampering("test_module_changed", path, node.lineno, "a statement that was not there")
    for text, count in before.items():
        if count > 0:
            yield Tampering("test_module_changed", path, None, f"a statement is gone: {text[:80]}")
    names = {name for name in _tests(new) if HOOKS.match(name)} - {name for name in (_tests(old) if old else {}) if HOOKS.match(name)}
    for name in sorted(names):
        yield Tampering("test_runner_patched", path, None, f"{name} was added")


def _statements(tree: ast.Module) -> list[ast.stmt]:
    free = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [
        node
        for node in tree.body
        if not isinstance(node, free) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


def _meddling(path: str, old: ast.Module | None, new: ast.Module) -> Iterator[Tampering]:
    """Anywhere in the tree: the runner or the way to exit replaced, a test-time special case, an equality that is always true."""
    before = Counter(_deeds(old)) if old else Counter[tuple[str, str]]()
    for (kind, detail), count in Counter(_deeds(new)).items():
        if count > before[kind, detail]:
            yield Tampering(kind, path, None, detail)


def _deeds(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                name = ast.unparse(target) if isinstance(target, ast.Attribute) else ""
                if name in PATCHED or name.split(".")[0] in RUNNERS:
                    yield "test_runner_patched", f"{name} is replaced"
        elif isinstance(node, ast.Call):
            yield from _call_deeds(node)
        elif isinstance(node, ast.FunctionDef) and node.name in ("__eq__", "__bool__", "__contains__") and _is_constant(node):
            yield "always_true", f"{node.name} says the same of everything"
        elif isinstance(node, ast.Constant) and node.value in ("PYTEST_CURRENT_TEST",):
            yield "test_special_case", "code asks whether it is being tested"


def _call_deeds(node: ast.Call) -> Iterator[tuple[str, str]]:
    name = ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""
    if name in ("os._exit", "os.abort", "os.kill"):
        yield "test_runner_patched", f"{name} is called"
    if name == "setattr" and node.args and ast.unparse(node.args[0]).split(".")[0] in (*RUNNERS, "sys", "os"):
        yield "test_runner_patched", f"setattr on {ast.unparse(node.args[0])}"
    if name.rsplit(".", 1)[-1] in ("skip", "skipTest", "xfail", "importorskip") and name.split(".")[0] in ("pytest", "self", "unittest"):
        yield "test_skipped", f"{name} is called"


def _is_constant(node: ast.FunctionDef) -> bool:
    body = [statement for statement in node.body if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))]
    return len(body) == 1 and isinstance(body[0], ast.Return) and isinstance(body[0].value, ast.Constant) and body[0].value.value is True
