"""Brackets that were never closed, closed twice, or closed with the wrong sign."""

import builtins
import re
from collections.abc import Iterator

from repairs.engine.strategies.codemods.candidate import Broken, Candidate, code_end

CLOSING = {"(": ")", "[": "]", "{": "}"}
OPENING = {close: start for start, close in CLOSING.items()}
MAX_LINES = 40
_BUILT_IN = frozenset(dir(builtins))
_STRINGS = re.compile(r"""("{3}|'{3}|["'])(?:\\.|(?!\1).)*?(?:\1|$)""")


def bracket_candidates(broken: Broken) -> Iterator[Candidate]:
    if "was never closed" in broken.message:
        yield from _never_closed(broken)
    elif broken.message.startswith("unmatched"):
        yield from _unmatched(broken)
    elif "does not match opening parenthesis" in broken.message:
        yield from _mismatched(broken)
    if "invalid syntax" in broken.message or "expected" in broken.message:
        yield from _left_open_above(broken)


def _never_closed(broken: Broken) -> Iterator[Candidate]:
    start = broken.body[broken.column : broken.column + 1]
    close = CLOSING.get(start)
    if close is None:
        return
    yield from _closed_somewhere(broken, broken.line, broken.column, close)
    doubled = _without_doubled(broken)
    if doubled is not None:
        yield Candidate(0.25, doubled, "removed the doubled bracket")
    stack = "".join(reversed([CLOSING[sign] for sign in _open_signs(broken)]))
    body = broken.text.rstrip()
    yield Candidate(2.5, f"{body.rstrip(',') if len(stack) == 1 else body}{stack}\n", "closed what the end of the file left open")
    yield Candidate(
        3.0, broken.with_line(broken.line, broken.body[: broken.column] + broken.body[broken.column + 1 :]), "removed the bracket"
    )


def _without_doubled(broken: Broken) -> str | None:
    """The text without one of two equal opening signs that stand side by side at the place of the error."""
    body, column = broken.body, broken.column
    is_doubled = body[column : column + 1] in (body[column + 1 : column + 2], body[column - 1 : column] if column else "")
    return broken.with_line(broken.line, body[:column] + body[column + 1 :]) if is_doubled else None


def _closed_somewhere(broken: Broken, line: int, column: int, close: str) -> Iterator[Candidate]:
    """The closing sign put at the end of each line from the opening one on, and before what may end a line there."""
    indent = len(broken.indent(line))
    for number in range(line, min(line + MAX_LINES, len(broken.lines) + 1)):
        text = broken.lines[number - 1]
        end = code_end(text.rstrip("\r\n"))
        distance = number - line
        if distance and text.strip() and len(broken.indent(number)) <= indent and text.strip()[0] not in ")]}":
            if broken.lines[number - 2].strip():
                yield Candidate(
                    0.3 + distance / 50,
                    broken.inserted(number, 0, broken.indent(line) + close + "\n"),
                    f"closed with {close} on a line of its own",
                )
            if distance > 1:
                return
        if not text.strip():
            continue
        tail = re.search(r"[)\]}:,.;]*$", text[:end])
        places = range(end, (tail.start() if tail else end) - 1, -1)
        for rank, place in enumerate(places):
            if place > column or distance:
                bonus = -0.2 if text[place:end] == ":" else 0.0
                cost = 0.2 + distance / 10 + rank / 20 + bonus
                yield Candidate(cost, broken.inserted(number, place, close), f"closed with {close}")
        if distance == 0 and close == "]" and re.search(r"[\w\])]$", text[:column]):
            first = re.match(r"""-?\w+|'[^']*'|\"[^\"]*\"""", text[column + 1 :])
            if first:
                yield Candidate(0.15, broken.inserted(number, column + 1 + first.end(), close), "closed the index")
        if distance == 0:
            for place in _inner_places(text, column, end):
                yield Candidate(0.9, broken.inserted(number, place, close), f"closed with {close} inside the line")


def _inner_places(text: str, column: int, end: int) -> list[int]:
    """Ends of words after the opening sign: where an inner call may end."""
    return [match.end() for match in re.finditer(r"[\w\"')\]}]+(?=\s|[^\w\s]|$)", text[:end]) if match.end() > column + 1][:12]


def _open_signs(broken: Broken) -> list[str]:
    """Brackets still open at the end of the text, from the outermost."""
    text = _STRINGS.sub(lambda match: " " * len(match.group()), re.sub(r"(?m)#.*$", "", broken.text))
    stack: list[str] = []
    for sign in text:
        if sign in CLOSING:
            stack.append(sign)
        elif sign in OPENING and stack and stack[-1] == OPENING[sign]:
            stack.pop()
    return stack or ["("]


def _unmatched(broken: Broken) -> Iterator[Candidate]:
    body, column = broken.body, broken.column
    sign = body[column : column + 1]
    if sign not in OPENING:
        return
    is_alone = body.strip().rstrip(",:;") == sign
    is_doubled = body[column - 1 : column] == sign or body[column + 1 : column + 2] == sign
    cost = 0.5 if is_alone else 0.2 if is_doubled else 0.4
    yield Candidate(cost, broken.with_line(broken.line, body[:column] + body[column + 1 :]), f"removed the {sign} that closes nothing")
    if is_alone:
        yield Candidate(0.5, broken.with_line(broken.line), f"removed the line of a {sign} that closes nothing")
    yield from _closed_too_early(broken, sign)
    yield from _opened_in_line(broken, broken.line, column, OPENING[sign])


def _closed_too_early(broken: Broken, sign: str) -> Iterator[Candidate]:
    """A line above that closes more than it opens, though it does not begin with a closing sign."""
    for number in range(broken.line - 1, max(broken.line - MAX_LINES, 0), -1):
        text = broken.lines[number - 1].rstrip("\r\n")
        bare = _STRINGS.sub(lambda match: "_" * len(match.group()), text[: code_end(text)])
        if bare.count(sign) > bare.count(OPENING[sign]) and bare.strip()[:1] not in OPENING:
            place = bare.rfind(sign)
            yield Candidate(0.3, broken.with_line(number, text[:place] + text[place + 1 :]), f"removed a {sign} too many")
        if text and not text[0].isspace():
            return


def _opened_in_line(broken: Broken, line: int, column: int, start: str) -> Iterator[Candidate]:
    """The opening sign put where a call, an index or a group may begin in the line, before the column."""
    text = broken.lines[line - 1].rstrip("\r\n")
    for match in re.finditer(r"(?<=[\w\])])[ ]?(?=[\"'\[{])|(?<=\w) (?=\w)", text[:column]):
        is_joined = match.group() == ""
        opened = text[: match.start()] + start + text[match.end() :]
        yield Candidate(0.35 if is_joined else 0.7, broken.with_line(line, opened), f"opened {start}")
    for match in re.finditer(r"(?<==)\s*|(?<=return)\s+|\b(?:not|if|while|in|and|or|assert|print)\s+|(?<=[,({\[:])\s*", text[:column]):
        opened = text[: match.end()] + start + text[match.end() :]
        yield Candidate(0.8, broken.with_line(line, opened), f"opened {start}")
    known = {match.group() for match in re.finditer(r"[^\W\d]\w*", broken.text[: -len(text)] or broken.text)} | _BUILT_IN
    for match in re.finditer(r"[^\W\d]\w{2,}", text[:column]):
        for cut in range(1, len(match.group())):
            left, right = match.group()[:cut], match.group()[cut:]
            is_method = text[: match.start()].endswith("def ") and right in {"self", "cls"}
            if is_method or (right in known and (left in known or text[: match.start()].endswith((".", "def ")))):
                place = match.start() + cut
                cost = 0.3 if is_method else 0.45 - len(left) / 200
                yield Candidate(cost, broken.with_line(line, text[:place] + start + text[place:]), f"opened {start}")


def _mismatched(broken: Broken) -> Iterator[Candidate]:
    body, column = broken.body, broken.column
    sign = body[column : column + 1]
    match = re.search(r"opening parenthesis '(.)'(?: on line (\d+))?", broken.message)
    if sign not in OPENING or match is None:
        return
    right = CLOSING[match.group(1)]
    yield Candidate(0.3, broken.with_line(broken.line, body[:column] + right + body[column + 1 :]), f"{sign} became {right}")
    yield Candidate(0.4, broken.inserted(broken.line, column, right), f"added the missing {right}")
    start = int(match.group(2)) if match.group(2) else broken.line
    if start != broken.line:
        opening = broken.lines[start - 1].rfind(match.group(1))
        yield from _closed_somewhere(broken, start, max(opening, 0), right)
    else:
        for place in _inner_places(body, 0, column):
            yield Candidate(0.7, broken.inserted(broken.line, place, right), f"added the missing {right} inside the line")
    is_doubled = body[column - 1 : column] == sign or body[column + 1 : column + 2] == sign
    without = broken.with_line(broken.line, body[:column] + body[column + 1 :])
    yield Candidate(0.25 if is_doubled else 1.2, without, f"removed the {sign}")
    yield from _opened_in_line(broken, broken.line, column, OPENING[sign])
    wrong_start = OPENING[sign]
    opened = broken.lines[start - 1]
    place = opened.rfind(match.group(1), 0, column if start == broken.line else None)
    if place >= 0:
        changed = (opened[:place] + wrong_start + opened[place + 1 :]).rstrip("\r\n")
        yield Candidate(0.5, broken.with_line(start, changed), f"{match.group(1)} became {wrong_start}")


def _left_open_above(broken: Broken) -> Iterator[Candidate]:
    """An error on a line may mean that the line before it lacks its closing brackets."""
    above = broken.previous(broken.line)
    for number in filter(None, (above, broken.line)):
        text = broken.lines[number - 1].rstrip("\r\n")
        end = code_end(text)
        bare = _STRINGS.sub(lambda match: "_" * len(match.group()), text[:end])
        for start, close in CLOSING.items():
            missing = bare.count(start) - bare.count(close)
            if 0 < missing <= 3:
                place = end - 1 if text[:end].endswith(":") else end
                yield Candidate(0.5, broken.inserted(number, place, close * missing), f"closed with {close}")
