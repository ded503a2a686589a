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


def warnings_of(text: str) -> int:
    """What the compiler only warns of: a number that is called, a string that is indexed by a name."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if error_in_quietly(text):
            return 0
    return len({(warning.lineno, str(warning.message)) for warning in caught if issubclass(warning.category, SyntaxWarning)})


def error_in_quietly(text: str) -> bool:
    """Does the text fail to compile? Warnings are left to the caller."""
    try:
        compile(text, "candidate", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False


_TAKE_TWO = frozenset({"getattr", "setattr", "hasattr", "isinstance", "issubclass", "map", "filter", "divmod", "pow"})
_TAKE_ONE = frozenset({"len", "list", "str", "int", "float", "set", "tuple", "sorted", "dict", "sum", "min", "max", "repr", "open", "iter"})


def odd_expressions(tree: ast.AST) -> int:
    """Expressions that parse and that nobody writes: brackets that closed in the wrong place make them."""
    return sum(_is_odd_call(node) if isinstance(node, ast.Call) else _is_odd_subscript(node) for node in ast.walk(tree))


def _is_odd_call(node: ast.Call) -> bool:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if isinstance(node.func, ast.Constant | ast.Tuple | ast.List | ast.Dict):
        return True
    if name in _TAKE_TWO and len(node.args) + len(node.keywords) == 1 and not isinstance(node.args[:1] and node.args[0], ast.Starred):
        return True
    return name in _TAKE_ONE and len(node.args) == 1 and isinstance(node.args[0], ast.Compare | ast.BoolOp)


def _is_odd_subscript(node: ast.AST) -> bool:
    if not isinstance(node, ast.Subscript):
        return False
    is_odd_value = isinstance(node.value, ast.Constant) and not isinstance(node.value.value, str)
    return (
        is_odd_value
        or isinstance(node.slice, ast.BoolOp)
        or isinstance(node.slice, ast.Compare)
        and isinstance(node.slice.left, ast.Constant)
    )


def useless_statements(tree: ast.AST) -> int:
    """Expression statements that do nothing: a sign that tokens were torn apart."""
    plain = (ast.Name, ast.Compare, ast.BinOp, ast.Tuple, ast.Attribute, ast.Subscript, ast.List, ast.Constant)
    return sum(isinstance(node, ast.Expr) and isinstance(node.value, plain) for node in ast.walk(tree))
