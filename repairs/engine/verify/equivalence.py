"""Syntax trees with what means the same made the same."""

import ast


def normalised(node: ast.AST) -> str:
    """A text that two nodes share when linters may turn one into the other: layout, quotes, comparisons with None."""
    return ast.dump(_Normaliser().visit(_copy(node)), include_attributes=False)


def _copy(node: ast.AST) -> ast.AST:
    return ast.parse(ast.unparse(ast.fix_missing_locations(node))).body[0] if isinstance(node, ast.stmt) else node


class _Normaliser(ast.NodeTransformer):
    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """`== None` and `is None` are one, `!= None` and `is not None` another; of True and False nothing is taken to be the same."""
        self.generic_visit(node)
        if len(node.ops) == 1 and isinstance(node.comparators[0], ast.Constant) and node.comparators[0].value is None:
            same = {ast.Eq: ast.Is, ast.NotEq: ast.IsNot}.get(type(node.ops[0]))
            if same:
                node.ops = [same()]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """`not x in y` is `x not in y`, `not x is y` is `x is not y`."""
        self.generic_visit(node)
        inner = node.operand
        if isinstance(node.op, ast.Not) and isinstance(inner, ast.Compare) and len(inner.ops) == 1:
            turned = {ast.In: ast.NotIn, ast.Is: ast.IsNot}.get(type(inner.ops[0]))
            if turned:
                return ast.Compare(inner.left, [turned()], inner.comparators)
        return node
