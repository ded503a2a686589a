"""A tree that is installed in its own environment, for whichever private copy is being worked on.

An editable install points at one folder; we check many copies. So the tree is installed for real, once: that makes its metadata, its entry
points and whatever its build generates (`_version.py`, compiled modules). Then its own modules are taken out again and a small hook, run
when the interpreter starts, puts the source folders of the copy at hand (`METABUILDER_TREE`, set by the sandbox) in their place. Modules
that exist only in the built form are still found.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

HOOK, START = "_metabuilder_tree.py", "_metabuilder_tree.pth"
_LIKELY_ROOTS = ("", "src", "lib", "python", "source")
_HOOK_TEXT = '''"""Written by the platform: finds the modules of the tree in the copy that is being worked on."""

import os
import sys
from importlib.machinery import PathFinder

ROOTS = {roots!r}
GENERATED = {generated!r}
TREE = os.environ.get("METABUILDER_TREE")
SITE = os.path.dirname(os.path.abspath(__file__))


class Generated:
    """Modules that the build made and the tree does not hold."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        folder = GENERATED.get(fullname)
        return None if folder is None else PathFinder.find_spec(fullname, [os.path.join(SITE, folder)])


if TREE:
    places = [os.path.join(TREE, root) if root else TREE for root in ROOTS]
    index = sys.path.index(SITE) if SITE in sys.path else len(sys.path)
    sys.path[index:index] = [place for place in places if place not in sys.path]
    sys.meta_path.append(Generated)
'''


@dataclass
class _Found:
    roots: list[str] = field(default_factory=list)  # source folders of the tree, relative
    generated: dict[str, str] = field(default_factory=dict)  # module -> folder below site-packages
    surplus: list[Path] = field(default_factory=list)  # installed files that the copy replaces


def link_tree(site_packages: Path, built: Path, source: Path) -> tuple[str, ...]:
    """Make the environment find the tree's modules in any copy; returns the source folders, relative, none when it is not installed.

    `built` is the copy it was installed from, with all that the build wrote into it; `source` is the tree as it was.
    """
    found = _Found()
    for record in _records(site_packages, built):
        _sort_out(record, site_packages, source, found)
    if not found.roots:
        return ()
    for path in found.surplus:
        path.unlink(missing_ok=True)
    (site_packages / HOOK).write_text(_HOOK_TEXT.format(roots=found.roots, generated=found.generated))
    (site_packages / START).write_text(f"import {HOOK.removesuffix('.py')}\n")
    return tuple(found.roots)


def _records(site_packages: Path, built: Path) -> Iterable[list[str]]:
    """The file lists of what was installed from the tree itself."""
    for direct in site_packages.glob("*.dist-info/direct_url.json"):
        try:
            url = urlsplit(str(json.loads(direct.read_text())["url"]))
            rows = list(csv.reader((direct.parent / "RECORD").read_text().splitlines()))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if url.scheme == "file" and Path(unquote(url.path)).resolve().is_relative_to(built.resolve()):
            yield [row[0] for row in rows if row and _is_module(row[0])]


def _is_module(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return ".." not in parts and not name.startswith("/") and ".dist-info" not in parts[0] and ".data" not in parts[0]


def _sort_out(record: list[str], site_packages: Path, tree: Path, found: _Found) -> None:
    for top in sorted({PurePosixPath(name).parts[0] for name in record}):
        names = [name for name in record if PurePosixPath(name).parts[0] == top]
        root = _source_root(names, tree)
        if root is None:
            continue
        if root not in found.roots:
            found.roots.append(root)
        for name in names:
            if (tree / root / name).exists():
                found.surplus.append(site_packages / name)
                found.surplus.extend((site_packages / name).parent.glob(f"__pycache__/{PurePosixPath(name).stem}.*.pyc"))
            elif name.endswith((".py", ".so", ".pyd")):
                found.generated[_module(name)] = str(PurePosixPath(name).parent)


def _source_root(names: list[str], tree: Path) -> str | None:
    """The folder of the tree below which most of an installed top-level module lies."""
    sources = [name for name in names if name.endswith(".py")]
    deeper = (f"{a.name}" for a in sorted(tree.iterdir()) if a.is_dir() and not a.is_symlink())
    best, best_count = None, 0
    for root in dict.fromkeys((*_LIKELY_ROOTS, *deeper)):
        count = sum((tree / root / name).is_file() for name in sources)
        if count > best_count:
            best, best_count = root, count
    return best


def _module(name: str) -> str:
    path = PurePosixPath(name)
    stem = path.name.split(".", 1)[0]
    parts = [*path.parent.parts, *([] if stem == "__init__" else [stem])]
    return ".".join(parts)


def site_packages_of(venv: Path) -> Path:
    """`lib/pythonX.Y/site-packages` of a virtual environment."""
    found = sorted((venv / "lib").glob("python*/site-packages"))
    return found[0] if found else venv / "lib" / "site-packages"
