"""What is checked and how: detected from the tree, overridden by its configuration.

`--config` stands above `metabuilder.toml`, which stands above `[tool.metabuilder]` in `pyproject.toml`.
"""

import difflib
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from repairs.engine.checks.detection import detect_checks, detect_environment, read_text
from repairs.engine.checks.registry import CHECKERS, CLASSES
from repairs.engine.types import CheckSpec, EnvironmentSpec, FailureClass, Project

TOP_KEYS = ("checks", "environment", "protected", "allowed", "limits")
CHECK_KEYS = ("name", "class", "tool", "command", "fix_command", "paths", "timeout_seconds", "enabled")
ENVIRONMENT_KEYS = ("python", "requirements", "install_tree", "extras", "variables")
LIMIT_KEYS = ("max_changed_lines", "max_changed_files")


class ConfigurationError(Exception):
    """A configuration that cannot be meant; the sentence names file, key and mend."""


def project_from_tree(tree: Path, config_text: str | None = None, only: Sequence[str] = ()) -> Project:
    """How to check `tree`; `only` keeps the checks with these names. Raises ConfigurationError."""
    origin, table = _table(tree, config_text)
    _known(table, TOP_KEYS, origin)
    checks = _checks(detect_checks(tree), table.get("checks", {}), origin)
    environment = _environment(detect_environment(tree), table.get("environment", {}), origin)
    limits = table.get("limits", {})
    _known(limits, LIMIT_KEYS, f"{origin} [limits]")
    project = Project(
        checks=_chosen(checks, only),
        environment=environment,
        protected_paths=_texts(table, "protected", origin),
        allowed_paths=_texts(table, "allowed", origin),
    )
    return replace(
        project,
        max_changed_lines=int(_positive(limits.get("max_changed_lines", project.max_changed_lines), "max_changed_lines", origin)),
        max_changed_files=int(_positive(limits.get("max_changed_files", project.max_changed_files), "max_changed_files", origin)),
    )


def _table(tree: Path, config_text: str | None) -> tuple[str, Mapping[str, Any]]:
    if config_text:
        return "--config", _parsed(config_text, "--config")
    own = read_text(tree, "metabuilder.toml")
    if own is not None:
        return "metabuilder.toml", _parsed(own, "metabuilder.toml")
    try:
        project = tomllib.loads(read_text(tree, "pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        return "pyproject.toml", {}  # a finding for other tools; nothing of ours can be read from it
    table = project.get("tool", {})
    table = table.get("metabuilder", {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        raise ConfigurationError("pyproject.toml: [tool.metabuilder] is no table.")
    return "pyproject.toml [tool.metabuilder]", table


def _parsed(text: str, origin: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{origin} is no TOML: {error}") from None


def _known(table: Any, keys: Sequence[str], origin: str) -> None:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{origin} is no table.")
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            raise ConfigurationError(
                f"{origin}: unknown key {key!r}." + (f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(keys)}.")
            )


def _checks(detected: Sequence[CheckSpec], configured: Any, origin: str) -> tuple[CheckSpec, ...]:
    specs = {spec.name: spec for spec in detected}
    for name, row in _check_rows(configured, origin):
        _known(row, CHECK_KEYS, f"{origin} check {name}")
        if row.get("enabled", True) is False:
            specs.pop(name, None)
        else:
            specs[name] = _check(name, row, specs.get(name), f"{origin} check {name}")
    return tuple(specs.values())


def _check_rows(configured: Any, origin: str) -> list[tuple[str, dict[str, Any]]]:
    """`[[checks]]` with a name each, or `[checks.NAME]`."""
    if isinstance(configured, dict):
        return [(name, row) for name, row in configured.items()]
    if not isinstance(configured, list) or not all(isinstance(row, dict) and isinstance(row.get("name"), str) for row in configured):
        raise ConfigurationError(f"{origin}: every [[checks]] needs a name.")
    return [(row["name"], row) for row in configured]


def _check(name: str, row: dict[str, Any], known: CheckSpec | None, origin: str) -> CheckSpec:
    command = _words(row, "command", origin)
    tool = row.get("tool") or (known.tool if known and not command else _tool_of(command, name))
    if tool not in CHECKERS:
        raise ConfigurationError(f"{origin}: unknown tool {tool!r}. Known: {', '.join(CHECKERS)}.")
    if tool == "command" and not command:
        raise ConfigurationError(f"{origin}: it needs a command.")
    kind = row.get("class") or (known.failure_class if known else CLASSES[tool])
    if kind not in list(FailureClass):
        raise ConfigurationError(f"{origin}: unknown class {kind!r}. Known: {', '.join(FailureClass)}.")
    return CheckSpec(
        name=name,
        failure_class=FailureClass(kind),
        tool=tool,
        command=command,
        fix_command=_words(row, "fix_command", origin),
        paths=_texts(row, "paths", origin) or (known.paths if known else ()),
        timeout_seconds=float(_positive(row.get("timeout_seconds", 600), "timeout_seconds", origin)),
    )


def _tool_of(command: Sequence[str], name: str) -> str:
    """The tool a command calls, so that its output is read by the right parser; else the name's; else any command."""
    words = [word.split("==")[0].rsplit("/", 1)[-1] for word in command[:3]]
    if words[:1] == ["ruff"]:
        return "ruff-format" if words[1:2] == ["format"] else "ruff"
    if words[:2] in (["python", "-m"], ["python3", "-m"]):
        words = words[2:]
    head = words[0] if words else name
    return head if head in ("mypy", "bandit", "pytest", *(CHECKERS if not command else ())) else "command"


def _environment(detected: EnvironmentSpec, row: Any, origin: str) -> EnvironmentSpec:
    _known(row, ENVIRONMENT_KEYS, f"{origin} [environment]")
    spec = detected
    if "requirements" in row:
        lines = _texts(row, "requirements", origin)
        files = tuple(line for line in lines if line.endswith((".txt", ".in")))
        spec = replace(
            spec, requirement_files=files, requirements=tuple(line for line in lines if line not in files), install_tree=False, extras=()
        )
    if "install_tree" in row:
        spec = replace(spec, install_tree=bool(row["install_tree"]))
    if "extras" in row:
        spec = replace(spec, extras=_texts(row, "extras", origin))
    if "python" in row:
        spec = replace(spec, python=str(row["python"]))
    variables = row.get("variables", {})
    if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
        raise ConfigurationError(f"{origin} [environment]: variables maps names to texts.")
    return replace(spec, variables=tuple(sorted(variables.items())))


def _chosen(checks: tuple[CheckSpec, ...], only: Sequence[str]) -> tuple[CheckSpec, ...]:
    unknown = sorted(set(only) - {spec.name for spec in checks})
    if unknown:
        raise ConfigurationError(
            f"--check {unknown[0]}: no such check. This tree has: {', '.join(spec.name for spec in checks) or 'none'}."
        )
    return tuple(spec for spec in checks if not only or spec.name in only)


def _words(row: Mapping[str, Any], key: str, origin: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            raise ConfigurationError(f"{origin}: {key} cannot be split: {error}.") from None
    return _texts(row, key, origin)


def _texts(row: Mapping[str, Any], key: str, origin: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{origin}: {key} is a list of texts.")
    return tuple(value)


def _positive(value: Any, key: str, origin: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ConfigurationError(f"{origin}: {key} is a number above 0, not {value!r}.")
    return value
