"""Tests of `if` statements whose outcome is known before the program runs: Python 3 is 3, and nobody is type checking."""

import ast

_PYTHON_2_NAMES = frozenset({"PY2", "IS_PY2", "is_py2", "python2", "PYTHON2"})
_PYTHON_3_NAMES = frozenset({"PY3", "IS_PY3", "is_py3", "python3", "PYTHON3"})


def guard_value(test: ast.expr) -> bool | None:
    """True or False when the test always has that outcome on Python 3.8 and later, None when it may be either."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = guard_value(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        return _joined(test)
    if isinstance(test, ast.Compare):
        return _comparison(test)
    return _named(test)


def _named(test: ast.expr) -> bool | None:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    if name in _PYTHON_2_NAMES or name == "TYPE_CHECKING":
        return False
    return True if name in _PYTHON_3_NAMES else None


def _joined(test: ast.BoolOp) -> bool | None:
    values = [guard_value(value) for value in test.values]
    decisive = isinstance(test.op, ast.Or)
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _comparison(test: ast.Compare) -> bool | None:
    """`sys.version_info` or `sys.version_info[0]` against a number: only what separates 2 from 3 is known."""
    if len(test.ops) != 1:
        return None
    left, operator, right = test.left, test.ops[0], test.comparators[0]
    is_major = isinstance(left, ast.Subscript) and isinstance(left.slice, ast.Constant) and left.slice.value == 0
    base = left.value if isinstance(left, ast.Subscript) and is_major else left
    if isinstance(base, ast.Attribute) and base.attr == "major":
        base, is_major = base.value, True
    if not (isinstance(base, ast.Attribute) and base.attr == "version_info"):
        return None
    try:
        bound = ast.literal_eval(right)
    except (ValueError, TypeError, SyntaxError):
        return None
    return _against(operator, bound) if is_major and isinstance(bound, int) else _against_tuple(operator, bound)


def _against(operator: ast.cmpop, bound: int) -> bool | None:
    outcomes: dict[type[ast.cmpop], bool] = {
        ast.Eq: bound == 3,
        ast.NotEq: bound != 3,
        ast.Lt: bound > 3,
        ast.LtE: bound >= 3,
        ast.Gt: bound < 3,
        ast.GtE: bound <= 3,
    }
    return outcomes.get(type(operator))


def _against_tuple(operator: ast.cmpop, bound: object) -> bool | None:
    if not isinstance(bound, tuple) or not bound or bound >= (3, 8):
        return None
    if isinstance(operator, ast.Lt | ast.LtE):
        return False
    return True if isinstance(operator, ast.Gt | ast.GtE) else None
