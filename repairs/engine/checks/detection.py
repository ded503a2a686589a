"""Which checks a tree asks for, and what its code needs to run, told by its files."""

import configparser
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from repairs.engine.types import CheckSpec, EnvironmentSpec, FailureClass

MAX_CONFIG_BYTES = 1_000_000
MAX_FILES = 50_000
SKIPPED = frozenset({".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", "build", "dist"})
REQUIREMENT_FILES = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-test.txt",
    "requirements_dev.txt",
    "requirements_test.txt",
    "dev-requirements.txt",
    "test-requirements.txt",
    "requirements/dev.txt",
    "requirements/test.txt",
    "requirements/tests.txt",
)
TEST_EXTRAS = ("test", "tests", "testing", "dev")


def read_text(tree: Path, name: str) -> str | None:
    """A small text file of the tree, reached through no link; None when there is none."""
    path = tree / name
    try:
        if (
            path.is_symlink()
            or not path.is_file()
            or path.stat().st_size > MAX_CONFIG_BYTES
            or not path.resolve().is_relative_to(tree.resolve())
        ):
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def detect_checks(tree: Path) -> tuple[CheckSpec, ...]:
    """The checks a user would expect, most basic first."""
    files = list(_python_files(tree))
    if not files:
        return ()
    return tuple(_checks(tree, files))


def _checks(tree: Path, files: list[Path]) -> Iterator[CheckSpec]:
    tools = pyproject(tree).get("tool", {})
    yield CheckSpec("syntax", FailureClass.SYNTAX, "compile")
    if _declares(tree):
        yield CheckSpec("dependency", FailureClass.DEPENDENCY, "imports")
    if any(read_text(tree, name) is not None for name in REQUIREMENT_FILES):
        yield CheckSpec("requirements", FailureClass.DEPENDENCY, "requirements")
    yield CheckSpec("lint", FailureClass.LINT, "ruff")
    if "format" in tools.get("ruff", {}) or "ruff-format" in (read_text(tree, ".pre-commit-config.yaml") or ""):
        yield CheckSpec("format", FailureClass.LINT, "ruff-format")
    if "mypy" in tools or _has_section(tree, ("mypy.ini", ".mypy.ini", "setup.cfg"), "mypy"):
        yield CheckSpec("typecheck", FailureClass.TYPECHECK, "mypy", paths=_mypy_paths(tree, tools.get("mypy", {}), files))
    if "bandit" in tools or read_text(tree, ".bandit") is not None:
        yield CheckSpec("security", FailureClass.SECURITY, "bandit")
    if has_tests(files) or "pytest" in tools:
        yield CheckSpec("test", FailureClass.TEST, "pytest")


def detect_environment(tree: Path) -> EnvironmentSpec:
    """Requirement files, the tree's own dependencies and its test extras; empty when nothing is declared."""
    files = tuple(name for name in REQUIREMENT_FILES if read_text(tree, name) is not None)
    project = pyproject(tree).get("project", {})
    is_package = bool(project.get("dependencies")) or "build-system" in pyproject(tree) or read_text(tree, "setup.py") is not None
    groups = pyproject(tree).get("dependency-groups", {})
    lines = [line for name in TEST_EXTRAS for line in groups.get(name, []) if isinstance(line, str)] if isinstance(groups, dict) else []
    optional = project.get("optional-dependencies", {})
    extras = tuple(name for name in TEST_EXTRAS if name in optional)
    if is_package and "build-system" not in pyproject(tree) and read_text(tree, "setup.py") is None:
        # Dependencies without a way to build: install what is named, not the tree.
        wanted = [*project.get("dependencies", []), *(line for name in extras for line in optional[name]), *lines]
        return EnvironmentSpec(requirement_files=files, requirements=tuple(wanted))
    return EnvironmentSpec(requirement_files=files, requirements=tuple(lines), install_tree=is_package, extras=extras if is_package else ())


def pyproject(tree: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(tree, "pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        return {}


def has_tests(files: list[Path]) -> bool:
    return any(re.fullmatch(r"test_.*\.py|.*_test\.py|tests?\.py", path.name) for path in files)


def _python_files(tree: Path) -> Iterator[Path]:
    stack, seen = [tree], 0
    while stack and seen < MAX_FILES:
        folder = stack.pop()
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for entry in entries:
            seen += 1
            if entry.is_symlink():
                continue
            if entry.is_dir():
                if entry.name not in SKIPPED and not (entry / "pyvenv.cfg").exists():
                    stack.append(entry)
            elif entry.suffix == ".py":
                yield entry.relative_to(tree)


def _declares(tree: Path) -> bool:
    names = (*REQUIREMENT_FILES, "setup.py")
    return any(read_text(tree, name) is not None for name in names) or "dependencies" in pyproject(tree).get("project", {})


def _has_section(tree: Path, names: tuple[str, ...], section: str) -> bool:
    for name in names:
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(read_text(tree, name) or "")
        except configparser.Error:
            continue
        if parser.has_section(section):
            return True
    return False


def _mypy_paths(tree: Path, table: dict[str, Any], files: list[Path]) -> tuple[str, ...]:
    """Nothing when the configuration says what to check; else the packages at the top, or everything."""
    if any(key in table for key in ("files", "packages", "modules")):
        return ()
    for name in ("mypy.ini", ".mypy.ini", "setup.cfg"):
        if re.search(r"^\s*(files|packages|modules)\s*=", read_text(tree, name) or "", re.MULTILINE):
            return ()
    packages = sorted(
        {
            path.parts[0]
            for path in files
            if path.name == "__init__.py" and len(path.parts) == 2 and path.parts[0] not in ("tests", "test", "docs")
        }
    )
    return tuple(packages) or (".",)
