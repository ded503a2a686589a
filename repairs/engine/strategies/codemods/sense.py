"""How much sense a candidate makes: what a compiler accepts may still speak of names that nobody defines."""

import ast
import builtins
import warnings

from repairs.engine.strategies.codemods.module_names import _bindings
from repairs.engine.strategies.codemods.tree_uses import global_uses

_ALWAYS_THERE = frozenset(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__path__",
    "__annotations__",
    "__builtins__",
    "WindowsError",
}


def parses(text: str) -> ast.Module | None:
    """The tree of a text that compiles, None for any other. Compiling finds what parsing alone does not (`return` outside a function)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            compile(tree, "candidate", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree


def error_in(text: str) -> SyntaxError | None:
    """The first error of a text, None when it compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "candidate", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error), ("candidate", 1, 1, ""))
    return None


def undefined_names(text: str) -> frozenset[str]:
    """Names the module reads and nothing in it binds; empty when a star import or an error hides the answer."""
    try:
        bound = {binding.name for binding in _bindings(ast.parse(text).body, True)}
        return frozenset() if "*" in bound else global_uses(text) - bound - _ALWAYS_THERE
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()


def useless_statements(tree: ast.AST) -> int:
    """Expression statements that do nothing: a sign that tokens were torn apart."""
    plain = (ast.Name, ast.Compare, ast.BinOp, ast.Tuple, ast.Attribute, ast.Subscript, ast.List)
    return sum(isinstance(node, ast.Expr) and isinstance(node.value, plain) for node in ast.walk(tree))
