"""Who in the tree uses which name of which module: what must stay importable from a file when its star import goes."""

import ast
import os
import re
import symtable
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from repairs.engine.strategies.codemods.module_names import Modules
from repairs.engine.strategies.target_files import read_source

MAX_FILES = 4000
_SKIPPED = frozenset({".git", ".hg", ".tox", ".venv", "venv", "node_modules", "__pycache__"})

_TEST_FILE = re.compile(r"(^|/)(tests?|conftest|test_[^/]*|[^/]*_tests?|runtests)\.py$|(^|/)tests?/")


def is_test_file(path: str) -> bool:
    return _TEST_FILE.search(path) is not None


def python_files(root: Path) -> list[str]:
    """Python files of the tree, as paths of the tree, links left out."""
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not Path(folder, name).is_symlink())
        found += [Path(folder, name).relative_to(root).as_posix() for name in sorted(files) if name.endswith(".py")]
        if len(found) > MAX_FILES:
            break
    return found[:MAX_FILES]


def global_uses(text: str) -> frozenset[str]:
    """Names the code reads from its module's namespace, annotations in quotes included. Raises SyntaxError."""
    used: set[str] = set()
    tables = [symtable.symtable(text, "module", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        is_module = table.get_type() == "module"
        used |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced() and (is_module or symbol.is_global())}
    return frozenset(used | set(_quoted_annotations(ast.parse(text))))


def _quoted_annotations(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        places = [node.annotation] if isinstance(node, ast.AnnAssign | ast.arg) else []
        places += [node.returns] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
        for place in filter(None, places):
            for constant in ast.walk(place):
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                    yield from _names_in(constant.value)


def _names_in(text: str) -> Iterator[str]:
    try:
        yield from (node.id for node in ast.walk(ast.parse(text.strip(), mode="eval")) if isinstance(node, ast.Name))
    except (SyntaxError, ValueError, RecursionError):
        return


class TreeUses:
    """Names that other files of the tree take from a file, by `from … import`, by attribute, by star or by a dotted string."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._taken: dict[str, set[str]] = defaultdict(set)
        self._starred_by: dict[str, set[str]] = defaultdict(set)
        self._stars_of: dict[str, list[str]] = defaultdict(list)
        self._used: dict[str, frozenset[str]] = {}
        for path in python_files(modules.root):
            self._index(path)

    def names_taken_from(self, path: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """Names that some other file gets from `path`, through any chain of star imports."""
        names = set(self._taken[path])
        for importer in self._starred_by[path] - seen:
            wanted = set(self._used.get(importer, frozenset())) | self.names_taken_from(importer, seen | {path, importer})
            names |= (wanted | self._passed_through(importer, path)) - self._got_earlier(importer, path)
        return names

    def _passed_through(self, importer: str, path: str) -> set[str]:
        """Names that a star importer shows to others whom nobody sees: users of a package, runners that collect tests."""
        exports = self.modules.exports(path) or {}
        is_test = is_test_file(importer)
        if PurePosixPath(importer).name == "__init__.py" and not is_test:
            return set(exports)
        return {name for name in exports if is_test and "test" in name.lower()}

    def _got_earlier(self, importer: str, path: str) -> set[str]:
        """Names of `path` that an earlier star import of the importer brings already, the very same objects."""
        own = self.modules.exports(path) or {}
        stars = self._stars_of[importer]
        others = [self.modules.exports(key) or {} for key in stars[: stars.index(path)]]
        return {name for name, item in own.items() for other in others if name in other and other[name].origin == item.origin}

    def _index(self, path: str) -> None:
        content = read_source(self.modules.root, path)
        try:
            text = (content or b"").decode("utf-8")
            tree = ast.parse(text)
            self._used[path] = global_uses(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        bound: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                self._index_from(path, node, bound)
            elif isinstance(node, ast.Import):
                self._index_import(path, node, bound)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                self._index_attribute(node, path, bound)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._index_string(node.value, path)

    def _index_from(self, path: str, node: ast.ImportFrom, bound: dict[str, str]) -> None:
        module = "." * node.level + (node.module or "")
        key = self.modules.locate(module, path)
        for alias in node.names:
            if key and alias.name == "*":
                self._starred_by[key].add(path)
                self._stars_of[path].append(key)
            elif key:
                self._taken[key].add(alias.name)
            inner = self.modules.locate(f"{module}{'' if module.endswith('.') else '.'}{alias.name}", path)
            if inner:
                bound[alias.asname or alias.name] = inner

    def _index_import(self, path: str, node: ast.Import, bound: dict[str, str]) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            key = self.modules.locate(name, path)
            if key:
                bound[alias.asname or name] = key

    def _index_attribute(self, node: ast.Attribute, path: str, bound: dict[str, str]) -> None:
        if isinstance(node.value, ast.Name) and node.value.id in bound:
            self._taken[bound[node.value.id]].add(node.attr)
        elif isinstance(node.value, ast.Attribute):
            dotted = _dotted(node.value)
            head, _, rest = dotted.partition(".")
            key = self.modules.locate(dotted, path) if head in bound and rest else None
            if key:
                self._taken[key].add(node.attr)

    def _index_string(self, value: str, path: str) -> None:
        if len(value) < 200 and "." in value and all(part.isidentifier() for part in value.split(".")):
            module, _, name = value.rpartition(".")
            key = self.modules.locate(module, path)
            if key:
                self._taken[key].add(name)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return node.id if isinstance(node, ast.Name) else ""
