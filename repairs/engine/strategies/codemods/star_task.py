"""Star imports made explicit, file by file."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from repairs.engine.strategies.codemods.module_names import Binding, Export, Modules, _bindings
from repairs.engine.strategies.codemods.source import Edit, Options, Place, Source, apply_edits
from repairs.engine.strategies.codemods.tree_uses import TreeUses, global_uses, is_test_file

UNRESOLVED = "unresolved:"  # a note: the names of this module could not be read
_UNDEFINED = re.compile(r"[`']([^`']+)[`'] may be undefined")


@cache
def _tree(outside: tuple[str, ...], known: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Modules, TreeUses]:
    modules = Modules(Path.cwd(), [Path(place) for place in outside], {name: list(names) for name, names in known})
    return modules, TreeUses(modules)


def rewrite_file(
    path: str, content: bytes, _other: bytes, places: list[Place], options: Options, context: Mapping[str, Any], notes: list[str]
) -> bytes:
    """The file with every star import that can be read replaced by the names it is there for."""
    known = tuple(sorted((name, tuple(names)) for name, names in context.get("known", {}).items()))
    modules, uses = _tree(tuple(context.get("outside", ())), known)
    source = Source(content, path)
    named = {match.group(1) for place in places if (match := _UNDEFINED.search(place.message))}
    rewriter = _Rewriter(source, modules, uses, named, options)
    new = apply_edits(source.text, rewriter.edits())
    notes.extend(f"{UNRESOLVED}{path}:{name}" for name in rewriter.unresolved)
    ast.parse(new)
    return source.encode(new)


@dataclass(frozen=True)
class _Star:
    """One star import and what it brings."""

    binding: Binding
    exports: Mapping[str, Export]

    @property
    def node(self) -> ast.ImportFrom:
        assert isinstance(self.binding.node, ast.ImportFrom)
        return self.binding.node


class _Rewriter:
    def __init__(self, source: Source, modules: Modules, uses: TreeUses, named: set[str], options: Options) -> None:
        self.source, self.modules, self.options = source, modules, options
        self.unresolved: list[str] = []
        self.bindings = list(_bindings(source.tree.body, True))
        self.stars = list(self._read_stars())
        self.own_uses = global_uses(source.text) | named | self._listed()
        self.kept = uses.names_taken_from(source.path)
        self.keeps_all = self._keeps_all()

    def _read_stars(self) -> Iterator[_Star]:
        for binding in self.bindings:
            if binding.name == "*":
                exports = self.modules.star_exports(binding.module, self.source.path)
                if exports is None:
                    self.unresolved.append(binding.module)
                else:
                    yield _Star(binding, exports)

    def _listed(self) -> set[str]:
        """What the file's own `__all__` names."""
        found: set[str] = set()
        for node in ast.walk(self.source.tree):
            targets: list[ast.expr] = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AugAssign) else targets
            if isinstance(node, ast.Assign | ast.AugAssign) and any(
                isinstance(name, ast.Name) and name.id == "__all__" for name in targets
            ):
                found |= {inner.value for inner in ast.walk(node.value) if isinstance(inner, ast.Constant) and isinstance(inner.value, str)}
        return found

    def _keeps_all(self) -> bool:
        """Must every public name stay? A package's face, and code that looks at its own namespace, are used from where we cannot see."""
        path = self.source.path
        is_face = PurePosixPath(path).name == "__init__.py" and not is_test_file(path)
        return is_face or any(self._is_reflection(node) for node in ast.walk(self.source.tree) if isinstance(node, ast.Call))

    def _is_reflection(self, node: ast.Call) -> bool:
        """Does the call read the module's namespace as a mapping, or run text in it?"""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in {"globals", "eval", "exec"}:
            return True
        is_inside = any(isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) for outer in self.source.ancestors(node))
        return name in {"locals", "vars", "dir"} and not node.args and not is_inside

    def edits(self) -> Iterator[Edit]:
        for number, star in enumerate(self.stars):
            names = self._names(number, star) or self._token_name(star)
            yield from self._replace(star, names)

    def _names(self, number: int, star: _Star) -> dict[str, bool]:
        """Name -> is it used in this very file? (False: it is only passed on)"""
        chosen: dict[str, bool] = {}
        for name, export in star.exports.items():
            is_used = name in self.own_uses
            if export.origin[0] == "__future__":
                continue
            if not (is_used or name in self.kept or self.keeps_all or self._is_collected(star, name)):
                continue
            if (is_used or export.is_sure) and not self._is_shadowed(number, star, export):
                chosen[name] = is_used
        return chosen

    def _token_name(self, star: _Star) -> dict[str, bool]:
        """No name is used, but the module does something when it is imported: one name is passed on so that it still is."""
        if not self._is_import_needed(star.node):
            return {}
        return dict.fromkeys([name for name, export in star.exports.items() if export.is_sure][:1], False)

    def _is_collected(self, star: _Star, name: str) -> bool:
        """Does a test runner find this name in the namespace of a test file, or a test take it as a fixture?"""
        if not is_test_file(self.source.path):
            return False
        origin = star.exports[name].origin
        module = self.modules.module(origin[0]) if origin[0].endswith(".py") else None
        definition = next((own.node for own in module.bindings if own.name == origin[1]), None) if module else None
        if isinstance(definition, ast.ClassDef):
            return "test" in f"{name} {' '.join(map(ast.unparse, definition.bases))}".lower()
        if not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        return name.startswith("test") or "fixture" in " ".join(map(ast.unparse, definition.decorator_list))

    def _is_shadowed(self, number: int, star: _Star, export: Export) -> bool:
        """Does something else give the file this name, so that this star's one does not matter?"""
        name = export.name
        for earlier in self.stars[:number]:
            if self._always_runs(earlier) and name in earlier.exports and earlier.exports[name].origin == export.origin:
                return True
        return any(self._overrides(later, star, export) for later in self.stars[number + 1 :]) or any(
            self._own_binding_wins(own, star, export) for own in self.bindings if own.name == name
        )

    def _overrides(self, later: _Star, star: _Star, export: Export) -> bool:
        other = later.exports.get(export.name)
        if other is None or not other.is_sure or not self._always_runs(later) or other.origin == export.origin:
            return False
        return not self._read_between(export.name, star.node, later.node)

    def _own_binding_wins(self, own: Binding, star: _Star, export: Export) -> bool:
        if own.node.lineno < star.node.lineno:
            return bool(own.module) and self._same_import(own, export)
        return own.is_sure and not self._read_between(export.name, star.node, own.node)

    def _same_import(self, own: Binding, export: Export) -> bool:
        source = self.modules.locate(own.module, self.source.path) or own.module
        return (source, own.original) == export.origin

    def _always_runs(self, star: _Star) -> bool:
        return star.node in self.source.tree.body

    def _read_between(self, name: str, start: ast.stmt, end: ast.stmt) -> bool:
        """Is the name read after `start` and before `end` has bound it? A plain function's body does not run there."""
        body = [node for node in self.source.tree.body if start.lineno < node.lineno <= end.lineno]
        return any(name in _eager_reads(node) for node in body)

    def _replace(self, star: _Star, names: Mapping[str, bool]) -> Iterator[Edit]:
        node, source = star.node, self.source
        start, end = source.start_of(node), source.end_of(node)
        indent = source.indent_of(node.lineno)
        if not names:
            yield from self._without(node)
            return
        module = star.binding.module
        plain = sorted((name for name, is_used in names.items() if is_used), key=_isort_key)
        passed = sorted((name for name, is_used in names.items() if not is_used), key=_isort_key)
        if passed and self._is_late(node):
            # One statement where imports come late: each further one would be one more of those.
            parts = sorted([*plain, *(f"{name} as {name}" for name in passed)], key=_isort_key)
            lines = [_import_lines(module, parts, indent, self.options.line_length, source.newline)]
        else:
            lines = [_import_lines(module, plain, indent, self.options.line_length, source.newline)] if plain else []
            lines += [f"from {module} import {name} as {name}" for name in passed]
        yield Edit(start, end, (source.newline + indent).join(lines))

    def _is_late(self, node: ast.stmt) -> bool:
        """Does other code run before this import?"""
        earlier = (other for other in self.source.tree.body if other.lineno < node.lineno)
        return any(not isinstance(other, ast.Import | ast.ImportFrom | ast.Expr | ast.If | ast.Try) for other in earlier)

    def _without(self, node: ast.ImportFrom) -> Iterator[Edit]:
        """Nothing is used, but importing may still do something: the module itself stays imported."""
        if self._is_import_needed(node):
            return  # no name could be kept either
        start = self.source.start_of(node)
        block = next((body for body in _bodies(self.source.parents.get(node)) if node in body), None)
        if block is not None and len(block) == 1:
            yield Edit(start, self.source.end_of(node), "pass")
        elif self._stands_alone(node):
            end_line = node.end_lineno or node.lineno
            yield Edit(self.source.offset(node.lineno, 0), self._line_end(end_line), "")

    def _stands_alone(self, node: ast.ImportFrom) -> bool:
        source = self.source
        before = source.text[source.offset(node.lineno, 0) : source.start_of(node)]
        after = source.text[source.end_of(node) : self._line_end(node.end_lineno or node.lineno)]
        return not before.strip() and (not after.strip() or after.lstrip().startswith("#"))

    def _line_end(self, line: int) -> int:
        return self.source.line_starts[line] if line < len(self.source.line_starts) else len(self.source.text)

    def _is_import_needed(self, node: ast.ImportFrom) -> bool:
        """Would dropping the import drop more than names? True unless the module and all it imports only define things."""
        return not _only_defines(self.modules, self.modules.locate("." * node.level + (node.module or ""), self.source.path))


def _eager_reads(node: ast.AST) -> set[str]:
    """Names that are read while the statement itself runs: not those in the bodies of functions, which run later."""
    found: set[str] = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            found.add(inner.id)
        elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*inner.decorator_list, inner.args, *filter(None, [inner.returns])]
        elif isinstance(inner, ast.Lambda):
            waiting.append(inner.args)
        else:
            waiting += ast.iter_child_nodes(inner)
    return found


def _only_defines(modules: Modules, key: str | None) -> bool:
    module = modules.module(key) if key else None
    if module is None:
        return False
    return all(_is_inert(node) for node in module.tree.body)


def _is_inert(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return not node.decorator_list
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.ClassDef):
        return not node.decorator_list and not node.keywords and not node.bases
    value = getattr(node, "value", None)
    is_plain = isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr)
    return is_plain and not any(isinstance(inner, ast.Call | ast.Await) for inner in ast.walk(value or ast.Pass()))


def _bodies(node: ast.AST | None) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        body = getattr(node, field, None)
        if isinstance(body, list):
            yield body


def _isort_key(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as isort orders by default."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return (kind, name)


def _import_lines(module: str, names: list[str], indent: str, line_length: int, newline: str) -> str:
    flat = f"from {module} import {', '.join(names)}"
    if len(indent + flat) <= line_length:
        return flat
    inner = "".join(f"{indent}    {name},{newline}" for name in names)
    return f"from {module} import ({newline}{inner}{indent})"
