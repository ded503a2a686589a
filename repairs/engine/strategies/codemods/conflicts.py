"""Conflict markers resolved where one answer is plainly right; every other conflict is left to a person."""

import ast
import itertools
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from repairs.engine.strategies.codemods.sense import parses, undefined_names

MAX_UNDECIDED = 4  # conflicts of a file that are tried in every combination
_ENTRY = re.compile(r"""^\s*(?:["'][^"']*["']\s*:\s*.+|["'][^"']*["']|[\w.*\[\]()'" ]+(?:=[^=].*)?)\s*,\s*(?:#.*)?$""")


@dataclass(frozen=True)
class Conflict:
    """The sides of one conflict as lines with their ends; `base` is None without diff3 markers."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    base: tuple[str, ...] | None = None


Part = str | Conflict


def resolve_conflicts(text: str, *, is_python: bool) -> str | None:
    """The text without conflicts, or None when one of them is ambiguous, malformed, or no resolution compiles."""
    parts = split_conflicts(text)
    if parts is None or not any(isinstance(part, Conflict) for part in parts):
        return None
    decided = [resolve_conflict(part, is_python) if isinstance(part, Conflict) else part for part in parts]
    if None not in decided:
        resolved = "".join(part for part in decided if part is not None)
        if not is_python or parses(resolved) is not None:
            return resolved
    if not is_python:
        return None
    return _only_sensible(parts, decided)


def split_conflicts(text: str) -> list[Part] | None:
    """Lines between conflicts, and conflicts, in order; None when the markers do not match up."""
    parts: list[Part] = []
    sides: dict[str, list[str]] = {}
    side = ""
    for line in text.splitlines(keepends=True):
        marker = _marker(line)
        if marker == "<":
            if side:
                return None
            side, sides = "ours", {"ours": []}
        elif marker == "|" and side == "ours":
            side, sides["base"] = "base", []
        elif marker == "=" and side in {"ours", "base"}:
            side, sides["theirs"] = "theirs", []
        elif marker == ">":
            if side != "theirs":
                return None
            base = tuple(sides["base"]) if "base" in sides else None
            parts.append(Conflict(tuple(sides["ours"]), tuple(sides["theirs"]), base))
            side = ""
        elif side:
            sides[side].append(line)
        else:
            parts.append(line)
    return None if side else parts


def _marker(line: str) -> str:
    for sign in "<|=>":
        rest = line[7:]
        if line.startswith(sign * 7) and (rest.strip() == "" if sign == "=" else rest[:1] in {" ", "\n", "\r", ""}):
            return sign
    return ""


def resolve_conflict(conflict: Conflict, is_python: bool) -> str | None:
    """The one plain resolution of a conflict, looked at alone."""
    ours, theirs, base = conflict.ours, conflict.theirs, conflict.base
    if _normal(ours) == _normal(theirs):
        return "".join(theirs if len(theirs) > len(ours) else ours)
    if base is not None and _normal(theirs) == _normal(base):
        return "".join(ours)
    if base is not None and _normal(ours) == _normal(base):
        return "".join(theirs)
    larger = _superset(conflict)
    if larger is not None:
        return "".join(larger)
    if is_python:
        return _same_program(ours, theirs) or _union(conflict)
    return None


def _normal(lines: Sequence[str]) -> list[str]:
    return [re.sub(r"\s+", " ", line).strip().rstrip(",").replace("'", '"') for line in lines if line.strip()]


def _superset(conflict: Conflict) -> Sequence[str] | None:
    """The side that holds every line of the other in order. Not when the common base says that the other side deleted lines."""
    for small, large in ((conflict.ours, conflict.theirs), (conflict.theirs, conflict.ours)):
        lines = iter(_normal(large))
        if all(line in lines for line in _normal(small)):
            deleted = conflict.base is not None and not set(_normal(conflict.base)) <= set(_normal(small))
            return None if deleted else large
    return None


def _same_program(ours: Sequence[str], theirs: Sequence[str]) -> str | None:
    """Sides that differ in layout and comments only: the one with more text."""
    trees = [parses(textwrap.dedent("".join(side))) for side in (ours, theirs)]
    if trees[0] is None or trees[1] is None or ast.dump(trees[0]) != ast.dump(trees[1]):
        return None
    counts = [sum("#" in line for line in side) for side in (ours, theirs)]
    return "".join(theirs if counts[1] > counts[0] else ours)


def _union(conflict: Conflict) -> str | None:
    """Both sides, when both only add things that can stand beside each other."""
    if conflict.base is not None and _normal(conflict.base):
        return None
    ours, theirs = "".join(conflict.ours), "".join(conflict.theirs)
    trees = [parses(textwrap.dedent(side)) for side in (ours, theirs)]
    is_code = trees[0] is not None and trees[1] is not None and trees[0].body and trees[1].body
    if is_code and not all(isinstance(node, ast.Expr) for tree in trees if tree for node in tree.body):
        assert trees[0] is not None and trees[1] is not None
        return _union_of_statements(conflict, trees[0].body, trees[1].body)
    return _union_of_entries(conflict)


def _union_of_statements(conflict: Conflict, ours: list[ast.stmt], theirs: list[ast.stmt]) -> str | None:
    both = [*ours, *theirs]
    if all(isinstance(node, ast.Import | ast.ImportFrom) for node in both):
        return _union_of_imports(conflict, ours, theirs)
    names = [[_defined(node) for node in side] for side in (ours, theirs)]
    if None in names[0] or None in names[1] or set(names[0]) & set(names[1]):
        return None
    is_definition = any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in both)
    first, second = "".join(conflict.ours).rstrip() + "\n", "".join(conflict.theirs)
    is_outer = not second[:1].isspace()
    gap = ("\n\n" if is_outer else "\n") if is_definition else ""
    return first + gap + second.lstrip("\n") if is_definition else "".join(conflict.ours) + second


def _defined(node: ast.stmt) -> str | None:
    """The single name a definition or a constant gives, None for any other statement."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id if not any(isinstance(inner, ast.Call | ast.Name) for inner in ast.walk(node.value)) else None
    return None


def _union_of_imports(conflict: Conflict, ours: list[ast.stmt], theirs: list[ast.stmt]) -> str | None:
    """Lines of both sides once; names taken from one module share a line."""
    bound: dict[str, tuple[str, ...]] = {}
    grouped: dict[tuple[str, ...], list[str]] = {}
    for node in [*ours, *theirs]:
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else []:
            origin = _origin(node, alias)
            name = alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0])
            if alias.asname and bound.setdefault(name, origin) != origin:
                return None
            bound.setdefault(name, origin)
            shown = alias.name + (f" as {alias.asname}" if alias.asname else "")
            group = ("import", shown) if isinstance(node, ast.Import) else ("from", origin[0])
            if shown not in grouped.setdefault(group, []):
                grouped[group].append(shown)
    sides = (*conflict.ours, *conflict.theirs)
    indent = re.match(r"\s*", next(line for line in sides if line.strip()))
    margin = indent.group() if indent else ""
    lines = [
        f"{margin}import {group[1]}\n" if group[0] == "import" else f"{margin}from {group[1]} import {', '.join(names)}\n"
        for group, names in grouped.items()
    ]
    has_comments = any("#" in line for line in sides)
    return "".join(dict.fromkeys(sides)) if has_comments else "".join(lines)


def _origin(node: ast.stmt, alias: ast.alias) -> tuple[str, ...]:
    if isinstance(node, ast.ImportFrom):
        return ("." * node.level + (node.module or ""), alias.name)
    return (alias.name,)


def _union_of_entries(conflict: Conflict) -> str | None:
    """Entries of a list, a call or a dict, one a line: all of them once, unless two say different things of one key."""
    sides = (conflict.ours, conflict.theirs)
    if not all(_ENTRY.match(line) for side in sides for line in side):
        return None
    keys: list[set[str]] = [{_key(line) for line in side if _key(line)} for side in sides]
    fresh = [line for line in conflict.theirs if line.strip() not in {own.strip() for own in conflict.ours}]
    if any(_key(line) in keys[0] for line in fresh if _key(line)):
        return None
    return "".join([*conflict.ours, *fresh])


def _key(line: str) -> str:
    """What an entry is about: a dict key or a keyword argument; empty for a plain entry."""
    match = re.match(r"""\s*(?:(["'][^"']*["'])\s*:|(\w+)\s*=(?!=))""", line)
    return (match.group(1) or match.group(2)) if match else ""


def _only_sensible(parts: list[Part], decided: list[str | None]) -> str | None:
    """The only combination of whole sides that compiles; failing that, the only one that uses no undefined name."""
    open_places = [number for number, text in enumerate(decided) if text is None]
    if not open_places:
        open_places = [number for number, part in enumerate(parts) if isinstance(part, Conflict)]
    if len(open_places) > MAX_UNDECIDED:
        return None
    compiling = [text for text in _combinations(parts, decided, open_places) if parses(text) is not None]
    if len(compiling) <= 1:
        return compiling[0] if compiling else None
    missing = [len(undefined_names(text)) for text in compiling]
    best = [text for text, number in zip(compiling, missing, strict=True) if number == min(missing)]
    return best[0] if len(best) == 1 else None


def _combinations(parts: list[Part], decided: list[str | None], open_places: list[int]) -> Iterator[str]:
    for picks in itertools.product(("ours", "theirs"), repeat=len(open_places)):
        chosen = dict(zip(open_places, picks, strict=True))
        texts = []
        for number, part in enumerate(parts):
            if number in chosen and isinstance(part, Conflict):
                texts.append("".join(part.ours if chosen[number] == "ours" else part.theirs))
            else:
                texts.append(decided[number] or "")
        yield "".join(texts)
