"""One token too few, too many, or mistyped."""

import difflib
import keyword
import re
from collections.abc import Iterator

from repairs.engine.strategies.codemods.candidate import Broken, Candidate, code_end

_HEAD = re.compile(r"\s*(if|elif|else|for|while|def|class|try|except|finally|with|async|match|case)\b")
# fmt: off
_WORDS = (
    "if", "elif", "else", "for", "while", "def", "class", "try", "except", "finally", "with", "return", "import", "from", "raise",
    "lambda", "yield", "assert", "global", "pass", "break", "continue", "and", "not", "in", "is", "or", "del", "print", "async", "await",
)
# fmt: on
# What other languages say, and what Python says for it.
_FOREIGN = (
    (r"^(\s*\}?\s*)else\s+if\b", r"\1elif"),
    (r"^(\s*)(?:elseif|elsif|elif if)\b", r"\1elif"),
    (r"^(\s*)(?:function|func|fn|fun|sub)\b", r"\1def"),
    (r"^(\s*)catch\b", r"\1except"),
    (r"^(\s*)throw\b", r"\1raise"),
    (r"^(\s*)(?:var|let|const|int|str|auto|new)\s+(?=\w+\s*=)", r"\1"),
    (r"\bnew\s+(?=[A-Z])", ""),
    (r"^(\s*)(?:using|include|require)\b", r"\1import"),
)
_SIGNS = ((")", 0.9), ("(", 0.9), ("]", 0.95), (",", 0.95), ("[", 1.0), ("}", 1.0), (":", 1.0), ("=", 1.2), (".", 1.3), ("+", 1.5))
_WORD = re.compile(r"[A-Za-z_]\w*")
_TOKEN = re.compile(r"""[A-Za-z_]\w*|\d[\w.]*|"[^"\n]*"|'[^'\n]*'|[^\w\s]""")


def token_candidates(broken: Broken) -> Iterator[Candidate]:
    yield from _colon(broken)
    yield from _comparison(broken)
    yield from _comma(broken)
    yield from _words(broken)
    yield from _definition(broken)
    yield from _numbers(broken)
    yield from _any_token(broken)


def _colon(broken: Broken) -> Iterator[Candidate]:
    for number in filter(None, (broken.line, broken.previous(broken.line))):
        text = broken.lines[number - 1].rstrip("\r\n")
        end = code_end(text)
        if not _HEAD.match(text) and not text[:end].endswith(")"):
            continue
        if text[:end].endswith((";", "{", ",", "=", ".")):
            yield Candidate(
                0.15, broken.with_line(number, text[: end - 1].rstrip() + ":" + text[end:]), "the head of a block ends in a colon"
            )
        if text[:end].endswith(":"):
            if text[:end].endswith("::"):
                yield Candidate(0.1, broken.with_line(number, text[: end - 1] + text[end:]), "one colon is enough")
            continue
        yield Candidate(0.1 if _HEAD.match(text) else 0.4, broken.inserted(number, end, ":"), "added the colon")
    match = re.match(r"(\s*(?:if|elif|while|for|with|def|class|else|try)\b.*?)(\s+)(return|print|pass|raise|break|continue)\b", broken.body)
    if match:
        yield Candidate(0.2, broken.inserted(broken.line, match.end(1), ":"), "added the colon")
    if "expected ':'" in broken.message and broken.column:
        yield Candidate(0.3, broken.inserted(broken.line, broken.column, ":"), "added the colon")


def _comparison(broken: Broken) -> Iterator[Candidate]:
    body = broken.body
    hinted = "==" in broken.message
    if re.match(r"\s*(if|elif|while|assert|return)\b", body) or hinted:
        for match in re.finditer(r"(?<![=!<>:+\-*/%&|^])=(?!=)", body):
            cost = 0.1 if re.match(r"\s*(if|elif|while|assert)\b", body) else 0.4
            yield Candidate(cost, broken.with_line(broken.line, body[: match.start()] + "==" + body[match.end() :]), "= became ==")
        yield Candidate(0.2, broken.with_line(broken.line, re.sub(r"(?<![=!<>:+\-*/%&|^])=(?!=)", "==", body)), "= became ==")
    for wrong in (":=", "==="):
        if wrong in body:
            yield Candidate(
                0.15,
                broken.with_line(broken.line, body.replace(wrong, "=" if wrong == ":=" else "==", 1)),
                f"{wrong} became what was meant",
            )
    spaced = re.sub(r"([=!<>])\s+=", r"\1=", body)
    if spaced != body:
        yield Candidate(0.1, broken.with_line(broken.line, spaced), "closed up the operator")
    doubled = re.match(r"^(\s*[\w.\[\]'\"]+\s*)==(\s*.+)$", body)
    if doubled and "cannot assign" not in broken.message:
        yield Candidate(0.8, broken.with_line(broken.line, f"{doubled.group(1)}={doubled.group(2)}"), "== became =")


def _comma(broken: Broken) -> Iterator[Candidate]:
    hinted = "forgot a comma" in broken.message
    body = broken.body
    for number in filter(None, (broken.previous(broken.line), broken.line)):
        text = broken.lines[number - 1].rstrip("\r\n")
        end = code_end(text)
        if end and text[end - 1] not in ",([{:\\":
            cost = 0.2 if hinted or number != broken.line else 0.6
            yield Candidate(cost, broken.inserted(number, end, ","), "added the comma")
    if hinted:
        for number in range(broken.line + 1, min(broken.line + 8, len(broken.lines)) + 1):
            text = broken.lines[number - 1].rstrip("\r\n")
            end = code_end(text)
            if end and text[end - 1] not in ",([{:\\":
                yield Candidate(0.25, broken.inserted(number, end, ","), "added the comma")
    for match in re.finditer(r"(?<=[\w\])}\"'])\s+(?=[\w\[({\"'])", body):
        near = broken.column - 2 <= match.start() <= max(broken.end_column, broken.column) + 2
        cost = 0.15 if hinted and near else 0.5 if near else 0.9
        yield Candidate(cost, broken.inserted(broken.line, match.start(), ","), "added the comma")
    if "trailing comma not allowed" in broken.message:
        end = code_end(body)
        yield Candidate(0.1, broken.with_line(broken.line, body[:end].rstrip(",") + body[end:]), "removed the trailing comma")
    if re.search(r",\s*,", body):
        yield Candidate(0.1, broken.with_line(broken.line, re.sub(r",\s*,", ",", body, count=1)), "removed the doubled comma")


def _words(broken: Broken) -> Iterator[Candidate]:
    """Keywords of other languages, and keywords with letters in the wrong place."""
    body = broken.body
    for pattern, right in _FOREIGN:
        new = re.sub(pattern, right, body)
        if new != body:
            yield Candidate(0.1, broken.with_line(broken.line, new), "a keyword of another language")
    for number in filter(None, (broken.line, broken.previous(broken.line))):
        text = broken.lines[number - 1].rstrip("\r\n")
        yield from _mistyped(broken, number, text)
    braces = re.match(r"^(\s*)(\}?)\s*(.*?)\s*\{\s*$", body)
    if braces and _HEAD.match(braces.group(3)):
        yield Candidate(0.3, broken.with_line(broken.line, f"{braces.group(1)}{braces.group(3)}:"), "a brace became a colon")


def _mistyped(broken: Broken, number: int, text: str) -> Iterator[Candidate]:
    for match in _WORD.finditer(text[: code_end(text)]):
        word = match.group()
        if keyword.iskeyword(word) or (len(word) < 2 and word not in "f"):
            continue
        for right in difflib.get_close_matches(word.lower(), _WORDS, n=2, cutoff=0.66):
            if abs(len(right) - len(word)) > 1:
                continue
            is_first = not text[: match.start()].strip()
            is_permuted = sorted(right) == sorted(word.lower())
            cost = 0.3 + (0.0 if is_first else 0.25) - (0.1 if is_permuted else 0.0)
            yield Candidate(cost, broken.with_line(number, text[: match.start()] + right + text[match.end() :]), f"{word} became {right}")
        for right in _WORDS:
            if word.startswith(right) and len(word) > len(right) + 1 and not text[: match.start()].strip():
                split = f"{text[: match.start()]}{right} {word[len(right) :]}{text[match.end() :]}"
                yield Candidate(0.9, broken.with_line(number, split), f"split {word}")


def _definition(broken: Broken) -> Iterator[Candidate]:
    body = broken.body
    bare = re.match(r"^(\s*(?:async\s+)?def\s+\w+)\s*(:?.*)$", body)
    if bare and "(" not in body:
        yield Candidate(0.1, broken.with_line(broken.line, f"{bare.group(1)}(){bare.group(2) or ':'}"), "added the parentheses")
        inner = re.match(r"^(\s*def\s+\w+)\s+([\w\s,=]+?)\)?(:.*)$", body)
        if inner:
            yield Candidate(
                0.2, broken.with_line(broken.line, f"{inner.group(1)}({inner.group(2)}){inner.group(3)}"), "added the parentheses"
            )
    missing_open = re.match(r"^(\s*(?:def|class)\s+\w+)\s+([^()]*\).*)$", body)
    if missing_open:
        yield Candidate(0.1, broken.with_line(broken.line, f"{missing_open.group(1)}({missing_open.group(2)}"), "opened the parenthesis")
    headless = re.match(r"^(\s*)(\w+\s*\((?:[\w\s,=*:.\"']*)\)\s*:)\s*$", body)
    if headless:
        yield Candidate(0.4, broken.with_line(broken.line, f"{headless.group(1)}def {headless.group(2)}"), "added def")
    loop = re.match(r"^(\s*for\s+[\w, ]+?)\s+(?:of|from|=|:)?\s*((?!in\b)[\w.(\[].*)$", body)
    if loop:
        yield Candidate(0.3, broken.with_line(broken.line, f"{loop.group(1)} in {loop.group(2)}"), "added in")
    taken = re.match(r"^(\s*)from\s+([\w.]+)\s+(?!import\b)(\w.*)$", body)
    if taken:
        yield Candidate(
            0.3, broken.with_line(broken.line, f"{taken.group(1)}from {taken.group(2)} import {taken.group(3)}"), "added import"
        )
    swapped = re.match(r"^(\s*)import\s+([\w, ]+)\s+from\s+([\w.]+)\s*$", body)
    if swapped:
        yield Candidate(
            0.1, broken.with_line(broken.line, f"{swapped.group(1)}from {swapped.group(3)} import {swapped.group(2)}"), "from comes first"
        )
    ternary = re.match(r"^(.*?=\s*|\s*return\s+)(.+?)\s*\?\s*(.+?)\s*:\s*(.+)$", body)
    if ternary:
        new = f"{ternary.group(1)}{ternary.group(3)} if {ternary.group(2)} else {ternary.group(4)}"
        yield Candidate(0.1, broken.with_line(broken.line, new), "a conditional the way Python writes it")


def _numbers(broken: Broken) -> Iterator[Candidate]:
    body = broken.body
    if "leading zeros" in broken.message:
        yield Candidate(0.2, broken.with_line(broken.line, re.sub(r"(?<![\w.])0+(?=[0-7]+\b)", "0o", body)), "an octal number")
    if "decimal literal" in broken.message or "number" in broken.message:
        for match in re.finditer(r"(?<![\w.])(\d[\d_]*)([A-Za-z]+)", body):
            if match.group(2) in keyword.kwlist:
                yield Candidate(0.1, broken.inserted(broken.line, match.start(2), " "), "parted a number from a word")
            else:
                yield Candidate(0.6, broken.inserted(broken.line, match.start(), "_"), "a name cannot begin with a digit")
        commas = re.sub(r"(?<=\d),(?=\d{3}\b)", "_", body)
        if commas != body:
            yield Candidate(0.5, broken.with_line(broken.line, commas), "thousands are parted by _")


def _any_token(broken: Broken) -> Iterator[Candidate]:
    """Last: a sign put in, or a token taken out, round the place of the error."""
    body = broken.body
    end = code_end(body)
    matches = [match for match in _TOKEN.finditer(body[:end]) if match.start() - 12 <= broken.column <= match.end() + 12]
    for match in matches:
        distance = min(abs(match.start() - broken.column), abs(match.end() - broken.column)) / 100
        size = len(match.group()) / 20
        yield Candidate(
            1.0 + distance + size,
            broken.with_line(broken.line, body[: match.start()] + body[match.end() :].lstrip(" ")),
            f"removed {match.group()}",
        )
        before = body[: match.start()].rstrip().rsplit(" ", 1)[-1]
        if before == match.group():
            yield Candidate(
                0.1, broken.with_line(broken.line, body[: match.start()].rstrip() + body[match.end() :]), f"removed the doubled {before}"
            )
    places = sorted({place for match in matches for place in (match.start(), match.end())} | {end})
    for place in places:
        distance = abs(place - broken.column) / 100
        for sign, cost in _SIGNS:
            yield Candidate(cost + distance, broken.inserted(broken.line, place, sign), f"added {sign}")
    colons = re.match(r"^(\s*)(.*?);+\s*$", body)
    if colons:
        yield Candidate(0.5, broken.with_line(broken.line, colons.group(1) + colons.group(2)), "removed the semicolon")
