"""Indentation, blocks without a body, and files that end too early."""

import re
from collections.abc import Iterator

from repairs.engine.strategies.codemods.candidate import Broken, Candidate

_CLAUSE = re.compile(r"\s*(else|elif|except|finally|case)\b")
_DEFINITION = re.compile(r"\s*(?:def\b|class\b|async def\b|@)")


def layout_candidates(broken: Broken) -> Iterator[Candidate]:
    message = broken.message
    if "tabs" in message or "unindent" in message or "indent" in message:
        yield from _tabs(broken)
    if "expected an indented block" in message:
        yield from _missing_block(broken)
    if "unindent does not match" in message:
        yield from _other_levels(broken, broken.line)
    if "unexpected indent" in message:
        yield from _unexpected(broken)
    if "expected 'except' or 'finally' block" in message:
        yield from _open_try(broken)
    yield from _cut_off(broken)
    if _CLAUSE.match(broken.current) or "outside" in message:
        yield from _other_levels(broken, broken.line)


def _tabs(broken: Broken) -> Iterator[Candidate]:
    """Tabs as the interpreters of old saw them (8), and as most editors show them (4)."""
    for width, cost in ((8, 0.2), (4, 0.1)):
        lines = [_expanded(line, width) for line in broken.lines]
        if "".join(lines) != broken.text:
            yield Candidate(cost, "".join(lines), f"tabs became {width} spaces")


def _expanded(line: str, width: int) -> str:
    code = line.lstrip(" \t")
    return line[: len(line) - len(code)].expandtabs(width) + code


def _missing_block(broken: Broken) -> Iterator[Candidate]:
    match = re.search(r"on line (\d+)", broken.message)
    head = int(match.group(1)) if match else (broken.previous(broken.line) or 1)
    margin = broken.indent(head)
    step = "\t" if "\t" in margin else "    "
    is_own = len(broken.indent(broken.line)) == len(margin) and broken.current.strip() and broken.line > head
    if is_own and not _DEFINITION.match(broken.current) and not _CLAUSE.match(broken.current):
        yield from _indented(broken, head, margin, step)
    place = _after_head(broken, head)
    following = broken.lines[head].strip() if head < len(broken.lines) else ""
    cost = 0.5 if is_own and following and not _DEFINITION.match(broken.current) else 0.2
    yield Candidate(
        cost,
        broken.inserted(place, 0, f"{margin}{step}pass\n") if place <= len(broken.lines) else _appended(broken, f"{margin}{step}pass\n"),
        "an empty block passes",
    )


def _after_head(broken: Broken, head: int) -> int:
    """The line after the head of a block, which may span several."""
    for number in range(head, min(broken.line + 1, len(broken.lines) + 1)):
        if broken.lines[number - 1].split("#")[0].rstrip().endswith(":"):
            return number + 1
    return head + 1


def _appended(broken: Broken, line: str) -> str:
    return broken.text.rstrip("\r\n") + "\n" + line


def _indented(broken: Broken, head: int, margin: str, step: str) -> Iterator[Candidate]:
    """The lines after the head moved in: one, those up to a blank line, or all of that level."""
    level = len(margin)
    single, paragraph, everything = broken.line, broken.line, broken.line
    for number in range(broken.line + 1, len(broken.lines) + 1):
        text = broken.lines[number - 1]
        if text.strip() and (
            len(broken.indent(number)) < level or _DEFINITION.match(text) or _CLAUSE.match(text) and len(broken.indent(number)) == level
        ):
            break
        everything = number
        if text.strip() and paragraph == number - 1:
            paragraph = number
        if single == number - 1 and text.strip() and len(broken.indent(number)) > level:
            single = number
    is_definition = _DEFINITION.match(broken.lines[head - 1]) is not None
    for last, cost in ((single, 0.45 if is_definition else 0.3), (paragraph, 0.35), (everything, 0.3 if is_definition else 0.4)):
        lines = [step + line if broken.line <= n <= last and line.strip() else line for n, line in enumerate(broken.lines, 1)]
        yield Candidate(cost, "".join(lines), "indented the body of the block")


def _other_levels(broken: Broken, line: int) -> Iterator[Candidate]:
    """The line, and the lines like it that follow, moved to one of the levels in use above."""
    own = broken.indent(line)
    levels: list[str] = []
    for number in range(line - 1, 0, -1):
        if broken.lines[number - 1].strip():
            levels.append(broken.indent(number))
            if not levels[-1]:
                break
    for level in dict.fromkeys(levels):
        if level == own:
            continue
        distance = abs(len(level.expandtabs(8)) - len(own.expandtabs(8)))
        yield Candidate(0.2 + distance / 20, broken.with_line(line, level + broken.body.lstrip()), "moved the line to a level in use")
        yield Candidate(0.25 + distance / 20, _moved(broken, line, own, level), "moved the lines to a level in use")


def _moved(broken: Broken, line: int, own: str, level: str) -> str:
    """The block that starts at `line` moved from one level to another."""
    lines = list(broken.lines)
    for number in range(line, len(lines) + 1):
        text = lines[number - 1]
        if text.strip() and not text.startswith(own):
            break
        if text.strip():
            lines[number - 1] = level + text[len(own) :]
    return "".join(lines)


def _unexpected(broken: Broken) -> Iterator[Candidate]:
    above = broken.previous(broken.line)
    if above and re.search(r"(\breturn|=|\bin|\w)\s*$", broken.lines[above - 1]):
        for start in "([{":
            text = broken.lines[above - 1].rstrip("\r\n")
            yield Candidate(
                0.15,
                broken.with_line(above, text.rstrip() + (" " if text.endswith(("return", "=")) else text[len(text.rstrip()) :]) + start),
                f"opened {start}",
            )
    own, level = broken.indent(broken.line), broken.indent(above) if above else ""
    yield Candidate(0.2, broken.with_line(broken.line, level + broken.body.lstrip()), "moved the line out")
    yield Candidate(0.25, _moved(broken, broken.line, own, level), "moved the lines out")
    if above and not broken.lines[above - 1].rstrip().endswith(":"):
        text = broken.lines[above - 1].rstrip("\r\n")
        if re.match(r"\s*(if|for|while|def|class|else|elif|try|except|finally|with)\b", text):
            yield Candidate(0.1, broken.with_line(above, text.rstrip() + ":"), "added the colon")


def _open_try(broken: Broken) -> Iterator[Candidate]:
    """`try` without a handler: `finally: pass` keeps what the program does."""
    start = next((n for n in range(broken.line - 1, 0, -1) if broken.lines[n - 1].strip().startswith("try:")), None)
    if start is None:
        return
    margin = broken.indent(start)
    last = next(
        (n for n in range(start + 1, len(broken.lines) + 1) if broken.lines[n - 1].strip() and len(broken.indent(n)) <= len(margin)), None
    )
    new = f"{margin}finally:\n{margin}    pass\n"
    if last is None:
        yield Candidate(0.5, _appended(broken, new), "completed the try")
        return
    place = (broken.previous(last) or start) + 1
    yield Candidate(0.5, broken.inserted(place, 0, new), "completed the try")
    yield from _other_levels(broken, last)


def _cut_off(broken: Broken) -> Iterator[Candidate]:
    """The last line of the file is only half there."""
    last = next((n for n in range(len(broken.lines), 0, -1) if broken.lines[n - 1].strip()), 1)
    margin = broken.indent(broken.line)
    if any(line.strip() and len(line) - len(line.lstrip()) <= len(margin) for line in broken.lines[broken.line : last]):
        return
    kept = broken.text.rstrip()
    closing = open_ends(kept)
    for head, cost in (
        (closing, 1.5),
        (closing + ":", 1.4),
        ("()" + closing + ":", 1.3),
        (closing + " None", 1.6),
        (closing + " as error:", 1.7),
    ):
        block = f"\n{margin}    pass\n" if head.endswith(":") else "\n"
        yield Candidate(cost, f"{kept}{head}{block}", "completed what the end of the file cut off")
    above = broken.previous(broken.line)
    is_head = above is not None and broken.lines[above - 1].rstrip().endswith(":")
    rest = [f"{margin}pass\n"] if is_head else []
    yield Candidate(1.8, "".join([*broken.lines[: broken.line - 1], *rest]), "removed the half statement that ends the file")


def open_ends(text: str) -> str:
    """The quotes and brackets that would close what is open at the end of the text, innermost first."""
    stack: list[str] = []
    position = 0
    while position < len(text):
        sign = text[position]
        top = stack[-1] if stack else ""
        if top and top[0] in "\"'":
            if sign == "\\":
                position += 1
            elif text.startswith(top, position):
                stack.pop()
                position += len(top) - 1
            elif sign == "\n" and len(top) == 1:
                stack.pop()
        elif sign in "\"'":
            stack.append(sign * 3 if text.startswith(sign * 3, position) else sign)
            position += len(stack[-1]) - 1
        elif sign == "#":
            position = text.find("\n", position)
            if position < 0:
                break
        elif sign in "([{":
            stack.append({"(": ")", "[": "]", "{": "}"}[sign])
        elif sign in ")]}" and top == sign:
            stack.pop()
        position += 1
    return "".join(reversed(stack))
