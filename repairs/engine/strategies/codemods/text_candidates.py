"""Quotes, characters that only look right, and lines that are not Python at all."""

import re
from collections.abc import Iterator

from repairs.engine.strategies.codemods.candidate import Broken, Candidate, code_end

# Characters that editors, chat windows and word processors put where ASCII was meant.
LOOKALIKES = {
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u00ab": '"', "\u00bb": '"', "\u2033": '"',
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u00b4": "'",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ", "\u2028": "\n", "\u0085": "\n",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u00ad": "", "\u200e": "", "\u200f": "",
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u00d7": "*", "\u00f7": "/",
    "\uff08": "(", "\uff09": ")", "\uff0c": ",", "\uff1a": ":", "\uff1b": ";", "\uff1d": "=", "\u2026": "...",
    "\u2260": "!=", "\u2264": "<=", "\u2265": ">=", "\u2192": "->", "\u3010": "[", "\u3011": "]", "\u3002": ".",
}  # fmt: skip
_QUOTES = frozenset("\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00b4\u00ab\u00bb\u2032\u2033")
_STRAY = re.compile(
    r"""^\s*(?:```\w*|~~~\w*|diff\ --git\ .*|index\ [0-9a-f]{6,}\.\.[0-9a-f]{6,}.*|(?:---|\+\+\+)\ [\w./-]+.*|@@\ .*@@.*
        |<{7}(?:\ .*)?|>{7}(?:\ .*)?|={7,}|\|{7}(?:\ .*)?|\\\ No\ newline\ at\ end\ of\ file)\s*$""",
    re.VERBOSE,
)
_PROMPT = re.compile(r"^(\s*)(?:>>> ?|\.\.\. ?|In \[\d+\]: )")
_CODE = re.compile(r"\w\(|\b(?:in|and|or|if) \w+\.\w")  # looks like code and not like words
_OPERATORS = (("&&", " and "), ("||", " or "), ("===", "=="), ("!==", "!="), ("=<", "<="), ("=>", ">="), ("=!", "!="), ("<>", "!="))


def text_candidates(broken: Broken) -> Iterator[Candidate]:
    if "invalid" in broken.message and "character" in broken.message or "unexpected indent" in broken.message:
        yield from _lookalikes(broken)
    if "null bytes" in broken.message:
        yield Candidate(0.1, broken.text.replace("\0", ""), "removed null bytes")
    if "string literal" in broken.message or "line continuation" in broken.message:
        yield from _unterminated(broken)
    if broken.message.startswith("f-string") or "invalid syntax" in broken.message:
        yield from _nested_quotes(broken)
    yield from _stray_lines(broken)
    yield from _foreign_operators(broken)


def _lookalikes(broken: Broken) -> Iterator[Candidate]:
    everything = broken.text
    for sign, plain in LOOKALIKES.items():
        if sign not in _QUOTES:
            everything = everything.replace(sign, plain)
    column = broken.column
    sign = broken.body[column : column + 1]
    for number, text in ((broken.line, broken.body),):
        mended = "".join(LOOKALIKES.get(character, character) for character in text)
        if mended != text:
            yield Candidate(0.1, broken.with_line(number, mended), "replaced characters that only look like code")
    if sign in LOOKALIKES:
        one = broken.body[:column] + LOOKALIKES[sign] + broken.body[column + 1 :]
        yield Candidate(0.3, broken.with_line(broken.line, one), "replaced a character that only looks like code")
    if sign and not sign.isascii():
        yield Candidate(1.5, broken.with_line(broken.line, broken.body[:column] + broken.body[column + 1 :]), "removed a foreign character")
    elif broken.body[column : column + 1] in {"$", "?", "`", "!"}:
        yield Candidate(1.0, broken.with_line(broken.line, broken.body[:column] + broken.body[column + 1 :]), "removed a stray character")


def _unterminated(broken: Broken) -> Iterator[Candidate]:
    if "triple" in broken.message:
        yield from _unterminated_block(broken)
        return
    body, column = broken.body, broken.column
    while column < len(body) and body[column] not in "\"'":
        column += 1
    quote = body[column : column + 1]
    if not quote:
        return
    other = "'" if quote == '"' else '"'
    yield from _closed_quote(broken, body, column, quote)
    yield from _anywhere(broken, body)
    wrong = body.rfind(other)
    if wrong > column:
        is_last = not body[wrong + 1 :].strip(" )]},:;")
        yield Candidate(
            0.15 if is_last else 0.25, broken.with_line(broken.line, body[:wrong] + quote + body[wrong + 1 :]), f"{other} became {quote}"
        )
    earlier = body.rfind(other, 0, column)
    if earlier >= 0:
        yield Candidate(0.35, broken.with_line(broken.line, body[:earlier] + quote + body[earlier + 1 :]), f"{other} became {quote}")
    yield from _opened_quote(broken, body, column, quote)
    for match in re.finditer(r"(?<=\w)'(?=\w)", body):
        yield Candidate(0.3, broken.with_line(broken.line, body[: match.start()] + "\\'" + body[match.end() :]), "escaped the apostrophe")
    yield Candidate(1.6, broken.with_line(broken.line, body[:column] + body[column + 1 :]), f"removed the stray {quote}")
    if broken.line < len(broken.lines):
        yield from _broken_line(broken, quote)


def _closed_quote(broken: Broken, body: str, column: int, quote: str) -> Iterator[Candidate]:
    """The quote put before each of the signs that end the line, the longest tail first; and before inner commas."""
    end = len(body.rstrip())
    tail = re.search(r"[)\]},:; ]*$", body[:end])
    first = max(tail.start() if tail else end, column + 1)
    for place in range(first, end + 1):
        yield Candidate(
            0.2 + (place - first) / 20, broken.with_line(broken.line, body[:place] + quote + body[place:]), f"closed with {quote}"
        )
    for match in re.finditer(r"(?=\s*[,)\]}:+%]|\.format)|(?=\s+(?:if|else|for|in|and|or)\b)", body[:end]):
        if column < match.start() < first:
            text = body[: match.start()] + quote + body[match.start() :]
            yield Candidate(
                0.7 + (first - match.start()) / 200, broken.with_line(broken.line, text), f"closed with {quote} inside the line"
            )


def _opened_quote(broken: Broken, body: str, column: int, quote: str) -> Iterator[Candidate]:
    """The quote that the compiler saw as an opening one may be a closing one whose opening is missing."""
    for match in re.finditer(r"^\s*(?=\w)|(?<=[(\[{,=:+%])\s*(?=\w)|(?<=return)\s+|(?<=\bin)\s+", body[:column]):
        text = body[: match.end()] + quote + body[match.end() :]
        yield Candidate(0.5 + (column - match.end()) / 100, broken.with_line(broken.line, text), f"opened with {quote}")


def _anywhere(broken: Broken, body: str) -> Iterator[Candidate]:
    """A quote of either kind put at each place of the line where a string may begin or end."""
    places = [match.start() for match in re.finditer(r"(?<=[\w.!?])(?=[,)\]}:]|\s)|(?<=[\[({,=:\s])(?=\w)", body)][:60]
    for quote in [quote for quote in "\"'" if body.count(quote) % 2]:
        for place in places:
            yield Candidate(0.8, broken.inserted(broken.line, place, quote), f"added a {quote}")


def _broken_line(broken: Broken, quote: str) -> Iterator[Candidate]:
    """A string literal that a line break tore in two."""
    following = broken.lines[broken.line]
    if quote in following:
        joined = broken.body + "\\n" + following.lstrip()
        lines = [*broken.lines[: broken.line - 1], joined, *broken.lines[broken.line + 1 :]]
        yield Candidate(1.0, "".join(lines), "joined a string that a line break tore")


def _unterminated_block(broken: Broken) -> Iterator[Candidate]:
    body = broken.body
    match = re.search(r'"""|\'\'\'', body[broken.column :]) or re.search(r'"""|\'\'\'', body)
    if match is None:
        return
    quotes = match.group()
    start = broken.line
    yield Candidate(0.4, broken.inserted(start, len(body.rstrip()), quotes), "closed the block string on its line")
    opening = body.rstrip()
    if opening.endswith(quotes[:2]) or opening.endswith(quotes[0]):
        stripped = opening.rstrip(quotes[0])
        yield Candidate(0.1, broken.with_line(start, stripped + quotes), "completed the closing quotes")
    indent = broken.indent(start)
    for number in range(start + 1, len(broken.lines) + 1):
        text = broken.lines[number - 1]
        bare = text.strip()
        if bare and set(bare) == {quotes[0]}:
            yield Candidate(0.1, broken.with_line(number, broken.indent(number) + quotes), "completed the closing quotes")
        if bare.endswith(quotes[0] * 2) and not bare.endswith(quotes):
            yield Candidate(0.15, broken.with_line(number, text.rstrip().rstrip(quotes[0]) + quotes), "completed the closing quotes")
        is_code = re.match(r"\s*(def|class|return|import|from|@|if|for|while|try|with|self\.|\w+ = |[A-Z_]+ = )", text)
        if bare and is_code and len(broken.indent(number)) <= len(indent):
            previous = next((n for n in range(number - 1, start, -1) if broken.lines[n - 1].strip()), None)
            place = (previous or start) + 1
            yield Candidate(
                0.5 + (number - start) / 200, broken.inserted(place, 0, indent + quotes + "\n"), "closed the block string before the code"
            )
        if number - start > 60:
            break
    yield Candidate(2.0, broken.text.rstrip() + "\n" + indent + quotes + "\n", "closed the block string at the end of the file")
    if start < len(broken.lines):
        yield Candidate(2.2, broken.with_line(start, body.replace(quotes, "", 1)), "removed quotes that open nothing")


def _nested_quotes(broken: Broken) -> Iterator[Candidate]:
    """f"{row["name"]}": the same quote inside, which only newer interpreters read."""
    body = broken.body
    for quote, other in (('"', "'"), ("'", '"')):
        pattern = re.compile(rf"\{{([^{{}}{quote}]*){quote}([^{quote}{other}{{}}]*){quote}([^{{}}{quote}]*)\}}")
        if re.search(rf"\b[rR]?[fF][rR]?{quote}", body) and pattern.search(body):
            mended = body
            while pattern.search(mended):
                mended = pattern.sub(rf"{{\1{other}\2{other}\3}}", mended, count=1)
            yield Candidate(0.1, broken.with_line(broken.line, mended), "other quotes inside the f-string")


def _stray_lines(broken: Broken) -> Iterator[Candidate]:
    for number in sorted({broken.line, broken.previous(broken.line) or broken.line}):
        text = broken.lines[number - 1].rstrip("\r\n")
        if _STRAY.match(text):
            yield Candidate(0.0, broken.with_line(number), "removed a line that is not code")
            every = [line for line in broken.lines if not _STRAY.match(line.rstrip("\r\n"))]
            yield Candidate(0.2, "".join(every), "removed lines that are not code")
        prompt = _PROMPT.match(text)
        if prompt:
            every = [_PROMPT.sub(r"\1", line) for line in broken.lines]
            yield Candidate(0.1, broken.with_line(number, _PROMPT.sub(r"\1", text)), "removed an interpreter's prompt")
            yield Candidate(0.2, "".join(every), "removed the interpreter's prompts")
        if all(line[:1] in "+ \n" for line in broken.lines) and text.startswith("+"):
            yield Candidate(0.1, "".join(line[1:] if line[:1] in "+ " else line for line in broken.lines), "undid the signs of a diff")
        if re.match(r"^[+-](?![+-=\d(])", text):
            yield Candidate(0.4, broken.with_line(number, text[1:]) if text[0] == "+" else broken.with_line(number), "undid a diff's sign")


def _foreign_operators(broken: Broken) -> Iterator[Candidate]:
    body = broken.body
    end = code_end(body)
    code = body[:end]
    for wrong, right in _OPERATORS:
        if wrong in code:
            mended = re.sub(r" *" + re.escape(wrong) + r" *", f" {right.strip()} ", code)
            yield Candidate(0.1, broken.with_line(broken.line, mended + body[end:]), f"{wrong} became {right.strip()}")
    counted = re.match(r"^(\s*)(?:([\w.\[\]]+)(\+\+|--)|(\+\+|--)([\w.\[\]]+));?$", code)
    if counted:
        name, sign = counted.group(2) or counted.group(5), counted.group(3) or counted.group(4)
        yield Candidate(
            0.1, broken.with_line(broken.line, f"{counted.group(1)}{name} {sign[0]}= 1{body[end:]}"), "counted the way Python does"
        )
    negated = re.sub(r"!(?=[\w(])", "not ", code)
    if negated != code:
        yield Candidate(0.3, broken.with_line(broken.line, negated + body[end:]), "! became not")
    comment = re.match(r"^(.*?)\s*//\s*(.*)$", code)
    if comment:
        new = (
            f"{comment.group(1)}  # {comment.group(2)}" if comment.group(1).strip() else f"{broken.indent(broken.line)}# {comment.group(2)}"
        )
        yield Candidate(0.6, broken.with_line(broken.line, new), "// became #")
