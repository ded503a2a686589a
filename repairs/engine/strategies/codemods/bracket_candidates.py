"""Brackets that were never closed, closed twice, or closed with the wrong sign."""

import re
from collections.abc import Iterator

from repairs.engine.strategies.codemods.candidate import Broken, Candidate, code_end

CLOSING = {"(": ")", "[": "]", "{": "}"}
OPENING = {close: start for start, close in CLOSING.items()}
MAX_LINES = 40
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
    stack = "".join(reversed([CLOSING[sign] for sign in _open_signs(broken)]))
    body = broken.text.rstrip()
    yield Candidate(2.5, f"{body.rstrip(',') if len(stack) == 1 else body}{stack}\n", "closed what the end of the file left open")
    yield Candidate(
        3.0, broken.with_line(broken.line, broken.body[: broken.column] + broken.body[broken.column + 1 :]), "removed the bracket"
    )


def _closed_somewhere(broken: Broken, line: int, column: int, close: str) -> Iterator[Candidate]:
    """The closing sign put at the end of each line from the opening one on, and before what may end a line there."""
    indent = len(broken.indent(line))
    for number in range(line, min(line + MAX_LINES, len(broken.lines) + 1)):
        text = broken.lines[number - 1]
        end = code_end(text.rstrip("\r\n"))
        distance = number - line
        if distance and text.strip() and len(broken.indent(number)) <= indent:
            if text.strip()[0] not in ")]}":
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
    yield Candidate(0.4, broken.with_line(broken.line, body[:column] + body[column + 1 :]), f"removed the {sign} that closes nothing")
    if body.strip() == sign:
        yield Candidate(0.2, broken.with_line(broken.line), f"removed the line of a {sign} that closes nothing")
    start = OPENING[sign]
    for match in re.finditer(r"(?<=[\w\])])(?=\s+[\"'\w])|(?<==)\s*|(?<=return)\s+|(?<=print)\s*|\b(?:not|if|while|in)\s+", body[:column]):
        yield Candidate(
            0.8, broken.with_line(broken.line, body[: match.end()] + start + body[match.end() :]), f"opened the {sign} with {start}"
        )
    call = re.search(r"(\w+)[ ]?(?=[\"'\w])", body[:column])
    if call:
        joined = body[: call.end(1)] + start + body[call.end() :]
        yield Candidate(
            0.6 if body[call.end(1) : call.end()] == "" or '"' in body[call.end() : call.end() + 1] else 0.9,
            broken.with_line(broken.line, joined),
            f"opened {start}",
        )


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
    yield Candidate(1.2, broken.with_line(broken.line, body[:column] + body[column + 1 :]), f"removed the {sign}")
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
