"""The names that `from module import *` brings, found by reading modules and never by running them."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from repairs.engine.strategies.codemods.version_guards import guard_value
from repairs.engine.strategies.target_files import read_source

MAX_DEPTH = 40  # modules that import each other by star


@dataclass(frozen=True)
class Export:
    """A public name of a module."""

    name: str
    origin: tuple[str, str]  # where it was first bound: (module or file, name); equal origins are the same object
    is_sure: bool = True  # False: bound in some branch only


class Module:
    """One parsed module. `key` is a path of the tree or an absolute path outside it."""

    def __init__(self, key: str, text: bytes, package: str) -> None:
        self.key = key
        self.package = package  # folder that relative imports start from
        self.tree = ast.parse(text)

    @cached_property
    def bindings(self) -> list["Binding"]:
        return list(_bindings(self.tree.body, True))


@dataclass(frozen=True)
class Binding:
    """A module-level statement that binds a name, or a star import (name `*`)."""

    name: str
    node: ast.stmt
    is_sure: bool
    module: str = ""  # for imports: what is imported from, dots included
    original: str = ""  # for imports: the name over there; "" is the module itself


def _bindings(body: Iterable[ast.stmt], is_sure: bool) -> Iterator[Binding]:
    for node in body:
        yield from _own_bindings(node, is_sure)
        yield from _inner_bindings(node, is_sure)


def _own_bindings(node: ast.stmt, is_sure: bool) -> Iterator[Binding]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield Binding(node.name, node, is_sure)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Global):
                yield from (Binding(name, node, False) for name in inner.names)
        return
    if isinstance(node, ast.Import):
        for alias in node.names:
            module = alias.name if alias.asname else alias.name.partition(".")[0]
            yield Binding(alias.asname or module, node, is_sure, module)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield Binding(alias.asname or alias.name, node, is_sure, "." * node.level + (node.module or ""), alias.name)
    elif isinstance(node, ast.AnnAssign) and node.value is None:
        return
    else:
        yield from (Binding(name, node, is_sure) for name in _stored(node))


def _stored(node: ast.stmt) -> Iterator[str]:
    """Names a statement's own expressions bind in the module; what a comprehension or a lambda binds stays inside it."""
    waiting = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)]
    while waiting:
        head = waiting.pop()
        if isinstance(head, ast.Name) and isinstance(head.ctx, ast.Store):
            yield head.id
        if isinstance(head, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            yield from (walrus.target.id for walrus in ast.walk(head) if isinstance(walrus, ast.NamedExpr))
        else:
            waiting += ast.iter_child_nodes(head)


def _inner_bindings(node: ast.stmt, is_sure: bool) -> Iterator[Binding]:
    if isinstance(node, ast.If):
        value = guard_value(node.test)
        branches = [body for body, taken in ((node.body, value is not False), (node.orelse, value is not True)) if taken]
        yield from _branches(branches, is_sure, is_exhaustive=value is not None or bool(node.orelse))
    elif isinstance(node, ast.Try):
        main = [*node.body, *node.orelse]
        yield from _branches([main, *(handler.body for handler in node.handlers)], is_sure, is_exhaustive=True)
        yield from _bindings(node.finalbody, is_sure)
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield from _bindings(node.body, is_sure)
    elif isinstance(node, ast.For | ast.While | ast.AsyncFor):
        yield from _bindings([*node.body, *node.orelse], False)


def _branches(branches: list[list[ast.stmt]], is_sure: bool, *, is_exhaustive: bool) -> Iterator[Binding]:
    """Names of the branches; sure are those that every branch binds (a branch that leaves by raising counts as binding all)."""
    found = [list(_bindings(body, True)) for body in branches]
    ending = [bool(body) and isinstance(body[-1], ast.Raise) for body in branches]
    binds = [None if ends else {own.name for own in bindings if own.is_sure} for bindings, ends in zip(found, ending, strict=True)]
    for binding in (binding for bindings in found for binding in bindings):
        is_everywhere = is_exhaustive and all(names is None or binding.name in names for names in binds)
        yield Binding(binding.name, binding.node, is_sure and is_everywhere, binding.module, binding.original)


class Modules:
    """Finds and reads modules: of the tree first, then of the folders of installed packages and of the standard library."""

    def __init__(self, root: Path, outside: Iterable[Path] = (), known: Mapping[str, list[str]] | None = None) -> None:
        self.root = root
        self.outside = list(outside)
        self.known = dict(known or {})  # module -> names, found in another way
        self._modules: dict[str, Module | None] = {}
        self._exports: dict[str, dict[str, Export] | None] = {}

    def module(self, key: str) -> Module | None:
        """The module at a key of `locate`, or None when it cannot be read or parsed."""
        if key not in self._modules:
            self._modules[key] = self._read(key)
        return self._modules[key]

    def _read(self, key: str) -> Module | None:
        text = Path(key).read_bytes() if key.startswith("/") else read_source(self.root, key)
        try:
            return None if text is None else Module(key, text, str(PurePosixPath(key).parent))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def locate(self, name: str, importer: str) -> str | None:
        """The file of a module as `importer` names it ("..a.b" or "a.b"); None when it is nowhere."""
        level = len(name) - len(name.lstrip("."))
        parts = [part for part in name[level:].split(".") if part]
        folder = PurePosixPath(importer).parent
        if level:
            for _ in range(level - 1):
                folder = folder.parent
            return self._file(str(folder), parts, is_outside=importer.startswith("/"))
        if not importer.startswith("/"):
            for start in self._starts(folder):
                found = self._file(start, parts, is_outside=False)
                if found:
                    return found
        return next(filter(None, (self._file(str(place), parts, is_outside=True) for place in self.outside)), None)

    def _starts(self, folder: PurePosixPath) -> Iterator[str]:
        """Folders of the tree that may stand on the module search path, most likely first."""
        outer = folder
        while outer.parts and (self.root / outer / "__init__.py").is_file():
            outer = outer.parent
        yield from dict.fromkeys((str(outer), ".", "src", "lib", str(folder), *(str(parent) for parent in folder.parents)))

    def _file(self, start: str, parts: list[str], *, is_outside: bool) -> str | None:
        base = PurePosixPath(start, *parts)
        for candidate in (base / "__init__.py", base.with_suffix(".py") if parts else base / "__init__.py"):
            place = Path(str(candidate)) if is_outside else self.root / candidate
            if place.is_file():
                return str(candidate)
        return None

    def exports(self, key: str, depth: int = 0) -> dict[str, Export] | None:
        """Public names of a module, in order; None when reading does not tell."""
        if key not in self._exports:
            self._exports[key] = None  # modules that import each other by star: the inner look finds nothing
            self._exports[key] = self._read_exports(key, depth)
        return self._exports[key]

    def _read_exports(self, key: str, depth: int) -> dict[str, Export] | None:
        module = self.module(key)
        if module is None or depth > MAX_DEPTH:
            return None
        listed = self.listed(key, depth)
        if listed is None:
            return None
        everything = self._everything(module, depth)
        if listed is not NOT_LISTED:
            return {name: everything.get(name) or Export(name, (key, name)) for name in listed}
        if "*" in everything:
            return None
        return {name: export for name, export in everything.items() if not name.startswith("_")}

    def star_exports(self, name: str, importer: str, depth: int = 0) -> dict[str, Export] | None:
        """What `from name import *` brings into `importer`."""
        key = self.locate(name, importer)
        found = None if key is None else self.exports(key, depth + 1)
        if found is None and name in self.known:
            return {known: Export(known, (name, known)) for known in self.known[name]}
        return found

    def _everything(self, module: Module, depth: int) -> dict[str, Export]:
        """Every name the module binds, later bindings winning; a star that cannot be read appears as `*`."""
        found: dict[str, Export] = {}
        for binding in module.bindings:
            if binding.name != "*":
                was_sure = binding.name in found and found[binding.name].is_sure
                found[binding.name] = Export(binding.name, self._origin(module, binding), binding.is_sure or was_sure)
                continue
            starred = self.star_exports(binding.module, module.key, depth)
            if starred is None:
                found["*"] = Export("*", (module.key, "*"), False)
            else:
                found.update({name: Export(name, item.origin, item.is_sure and binding.is_sure) for name, item in starred.items()})
        return found

    def _origin(self, module: Module, binding: Binding) -> tuple[str, str]:
        if not binding.module:
            return (module.key, binding.name)
        source = self.locate(binding.module, module.key) or binding.module
        if not binding.original:
            return (source, "")
        target = self.module(source) if source.endswith(".py") else None
        if target is not None:
            deeper = next((own for own in reversed(target.bindings) if own.name == binding.original), None)
            if deeper is not None and deeper.module and not deeper.module.startswith("."):
                return (self.locate(deeper.module, source) or deeper.module, deeper.original)
        return (source, binding.original)

    def listed(self, key: str, depth: int = 0) -> list[str] | None:
        """`__all__` as far as it can be read; NOT_LISTED when there is none, None when it is made in a way we cannot follow."""
        module = self.module(key)
        if module is None:
            return None
        return AllReader(self, module, depth).read()


NOT_LISTED: list[str] = ["*not listed*"]


class AllReader:
    """Evaluates the statements that build `__all__`: literals, sums, `+=`, extend, append, and other modules' `__all__`."""

    def __init__(self, modules: Modules, module: Module, depth: int) -> None:
        self.modules, self.module, self.depth = modules, module, depth

    def read(self) -> list[str] | None:
        names: list[str] | None = NOT_LISTED
        for node in ast.walk(self.module.tree):
            step = self._step(node)
            if step is None:
                continue
            is_fresh, value = step
            found = self._value(value)
            if found is None:
                return None
            is_sum = any(isinstance(inner, ast.Name) and inner.id == "__all__" for inner in ast.walk(value))
            names = found if names is None or names is NOT_LISTED or (is_fresh and not is_sum) else [*names, *found]
        return names

    def _step(self, node: ast.AST) -> tuple[bool, ast.expr] | None:
        """(does it start afresh, what is added) when the node says something about `__all__`."""
        if isinstance(node, ast.Assign) and any(_is_all(target) for target in node.targets):
            return (True, node.value)
        if isinstance(node, ast.AnnAssign) and _is_all(node.target) and node.value is not None:
            return (True, node.value)
        if isinstance(node, ast.AugAssign) and _is_all(node.target):
            return (False, node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_all(node.func.value) and node.args:
            is_append = node.func.attr == "append"
            return (False, ast.List(elts=[node.args[0]], ctx=ast.Load()) if is_append else node.args[0])
        return None

    def _value(self, node: ast.expr) -> list[str] | None:
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return self._elements(node.elts)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._value(node.left), self._value(node.right)
            return None if left is None or right is None else left + right
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"list", "tuple", "sorted"}
            and len(node.args) == 1
        ):
            return self._value(node.args[0])
        if isinstance(node, ast.Attribute) and node.attr == "__all__" and isinstance(node.value, ast.Name):
            return self._of_module(node.value.id)
        return self._of_name(node.id) if isinstance(node, ast.Name) else None

    def _elements(self, elements: list[ast.expr]) -> list[str] | None:
        names: list[str] = []
        for element in elements:
            if isinstance(element, ast.Constant) and isinstance(element.value, str):
                names.append(element.value)
            elif isinstance(element, ast.Starred):
                inner = self._value(element.value)
                if inner is None:
                    return None
                names += inner
            else:
                return None
        return names

    def _of_module(self, name: str) -> list[str] | None:
        binding = next((own for own in self.module.bindings if own.name == name and own.module), None)
        if binding is None or self.depth > MAX_DEPTH:
            return None
        dotted = binding.module if not binding.original else f"{binding.module.rstrip('.') and binding.module + '.'}{binding.original}"
        if binding.original and not binding.module.strip("."):
            dotted = binding.module + binding.original
        key = self.modules.locate(dotted, self.module.key)
        listed = self.modules.listed(key, self.depth + 1) if key else None
        return None if listed is NOT_LISTED else listed

    def _of_name(self, name: str) -> list[str] | None:
        values = [
            node.value
            for node in self.module.tree.body
            if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        ]
        if name == "__all__":
            return []  # in `__all__ = __all__ + […]` read() has kept the earlier part
        if len(values) == 1:
            return self._value(values[0])
        binding = next((own for own in self.module.bindings if own.name == name and own.original == "__all__"), None)
        key = self.modules.locate(binding.module, self.module.key) if binding else None
        listed = self.modules.listed(key, self.depth + 1) if key and self.depth <= MAX_DEPTH else None
        return None if listed is NOT_LISTED else listed


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"
