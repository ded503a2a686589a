"""Configuration that a tool reads: any change of it by a repair is loosening, but for declared dependencies."""

import configparser
import json
import tomllib
from collections.abc import Iterator
from typing import Any

from repairs.engine.types import FailureClass
from repairs.engine.verify.protected import MAY_DEPEND
from repairs.engine.verify.tampering import Tampering

# Files that exist to configure a tool checked here, wherever they lie: a nested one rules its folder.
FILES = frozenset(
    {
        "ruff.toml",
        ".ruff.toml",
        "mypy.ini",
        ".mypy.ini",
        "pytest.ini",
        ".pytest.ini",
        ".coveragerc",
        ".flake8",
        ".pylintrc",
        "pylintrc",
        ".bandit",
        "bandit.yaml",
        "bandit.yml",
        "pyrightconfig.json",
        ".isort.cfg",
        ".pycodestyle",
        ".pydocstyle",
        "deptry.toml",
        ".eslintrc",
        ".eslintrc.json",
        ".eslintrc.js",
        ".eslintrc.cjs",
        ".eslintrc.yml",
        ".eslintrc.yaml",
        "eslint.config.js",
        "eslint.config.mjs",
        "eslint.config.ts",
        ".prettierrc",
        ".prettierrc.json",
        "prettier.config.js",
        "tsconfig.json",
        "jest.config.js",
        "vitest.config.ts",
        ".editorconfig",
    }
)
TABLES = frozenset({"tool", "build-system"})
INI_DEPENDENCIES = (("options", "install_requires"), ("options", "tests_require"))


def loosened_settings(path: str, before: bytes | None, after: bytes | None, classes: frozenset[FailureClass]) -> Iterator[Tampering]:
    """Changes of settings. A parsed comparison: comments, order and layout are free."""
    name = path.rsplit("/", 1)[-1]
    if name in FILES:
        if _parsed(name, before) != _parsed(name, after):
            yield Tampering("configuration_loosened", path, None, "a tool reads its settings here")
    elif name == "pyproject.toml":
        yield from _pyproject(path, before, after, classes)
    elif name == "setup.cfg":
        yield from _setup_cfg(path, before, after, classes)
    elif name == "package.json":
        yield from _package_json(path, before, after, classes)


def _parsed(name: str, content: bytes | None) -> Any:
    if content is None:
        return None
    text = content.decode("utf-8", "replace")
    try:
        if name.endswith(".toml"):
            return tomllib.loads(text)
        if name.endswith(".json"):
            return json.loads(text)
    except ValueError:
        pass
    return text


def _pyproject(path: str, before: bytes | None, after: bytes | None, classes: frozenset[FailureClass]) -> Iterator[Tampering]:
    try:
        old, new = (tomllib.loads((content or b"").decode("utf-8")) for content in (before, after))
    except ValueError:
        yield Tampering("configuration_loosened", path, None, "it cannot be read any more, or could not be before")
        return
    for table in sorted(TABLES):
        if old.get(table) != new.get(table):
            yield Tampering("configuration_loosened", path, None, f"[{table}] is not what it was")
    depends = ("project", "dependency-groups")
    if any(old.get(table) != new.get(table) for table in depends) and not classes & MAY_DEPEND:
        yield Tampering("dependency_changed", path, None, "only repairs of dependencies may change what is declared")


def _setup_cfg(path: str, before: bytes | None, after: bytes | None, classes: frozenset[FailureClass]) -> Iterator[Tampering]:
    old, new = _ini(before), _ini(after)
    if old is None or new is None:
        yield Tampering("configuration_loosened", path, None, "it cannot be read any more, or could not be before")
        return
    for section in sorted(old.keys() | new.keys()):
        keys = old.get(section, {}).keys() | new.get(section, {}).keys()
        for key in sorted(keys):
            is_dependency = (section, key) in INI_DEPENDENCIES or section == "options.extras_require"
            if old.get(section, {}).get(key) != new.get(section, {}).get(key) and not (is_dependency and classes & MAY_DEPEND):
                yield Tampering("configuration_loosened", path, None, f"[{section}] {key} is not what it was")


def _ini(content: bytes | None) -> dict[str, dict[str, str]] | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string((content or b"").decode("utf-8"))
    except (configparser.Error, ValueError):
        return None
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _package_json(path: str, before: bytes | None, after: bytes | None, classes: frozenset[FailureClass]) -> Iterator[Tampering]:
    old, new = _parsed("x.json", before), _parsed("x.json", after)
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield Tampering("configuration_loosened", path, None, "it is no JSON object")
        return
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key) and not ("ependencies" in key and FailureClass.DEPENDENCY in classes):
            yield Tampering("configuration_loosened", path, None, f"{key} is not what it was")
