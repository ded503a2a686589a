"""Read a junit XML file that hostile code may have written."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

MAX_BYTES = 64 * 1024**2


class JunitUnreadable(Exception):
    """The file is missing, too large, not XML, or tries entities."""


@dataclass(frozen=True)
class Case:
    test_id: str  # path::Class::name[param]
    path: str | None
    line: int | None  # 1-based
    outcome: str  # passed, failed, error, skipped
    message: str = ""
    text: str = ""


def read_junit(path: Path) -> list[Case]:
    """Every test case of a report in pytest's xunit1 family. Raises JunitUnreadable."""
    try:
        if path.is_symlink() or path.stat().st_size > MAX_BYTES:
            raise JunitUnreadable("the report is too large, or a link")
        text = path.read_bytes()
    except OSError as error:
        raise JunitUnreadable("no report was written") from error
    # Python's expat expands entities; a report has none, so a document type is a lie.
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise JunitUnreadable("the report declares entities")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise JunitUnreadable(f"the report is no XML: {error}") from error
    return [_case(element) for element in root.iter("testcase")]


def _case(element: ElementTree.Element) -> Case:
    path, name = element.get("file"), element.get("name") or ""
    line = element.get("line")
    outcome, message, text = "passed", "", ""
    for child in element:
        if child.tag in ("failure", "error", "skipped"):
            outcome = {"failure": "failed", "error": "error", "skipped": "skipped"}[child.tag]
            message, text = child.get("message") or "", child.text or ""
            break
    return Case(
        _test_id(path, element.get("classname") or "", name),
        path,
        int(line) + 1 if line and line.isdecimal() else None,
        outcome,
        message,
        text,
    )


def _test_id(path: str | None, classname: str, name: str) -> str:
    """The node id, rebuilt: the class name is the module's dotted path and then the classes."""
    if not path:
        return f"{classname}::{name}" if name else classname
    module = path.removesuffix(".py").replace("/", ".")
    classes = classname.removeprefix(module).strip(".") if classname.startswith(module) else ""
    return "::".join([path, *[part for part in classes.split(".") if part], *([name] if name else [])])
