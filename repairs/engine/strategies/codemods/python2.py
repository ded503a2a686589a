"""What Python 2 wrote and Python 3 cannot read, rewritten token by token.

Only leftovers that are errors in Python 3 are touched; calls that merely changed their meaning are not ours to judge.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

_SKIPPED = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING})
_STARTERS = frozenset({":", ";"})


class _Token(NamedTuple):
    kind: int
    text: str
    start: int
    end: int


def modernise(text: str) -> str:
    """The text with every leftover rewritten; unchanged where there is none or where it cannot be cut into tokens."""
    edits: list[tuple[int, int, str]] = []
    for line in _statements(text):
        edits += _statement_edits(text, line)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return _literals(text)


def _tokens(text: str) -> Iterator[_Token]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in _SKIPPED:
                yield _Token(token.type, token.string, starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1])
    except (tokenize.TokenError, SyntaxError, IndexError):
        return


def _statements(text: str) -> Iterator[list[_Token]]:
    """Tokens of each simple statement: cut at new lines, at semicolons and after the colon of a block's head."""
    current: list[_Token] = []
    depth = 0
    is_lambda = False
    for token in _tokens(text):
        if token.kind in {tokenize.NEWLINE, tokenize.ENDMARKER} or (depth == 0 and token.text == ";"):
            if current:
                yield current
            current, depth, is_lambda = [], 0, False
            continue
        depth += (token.text in {"(", "[", "{"}) - (token.text in {")", "]", "}"})
        is_lambda = is_lambda or token.text == "lambda"
        current.append(token)
        if token.text == ":" and depth == 0 and not is_lambda and current[0].text in _HEADS:
            yield current
            current = []
    if current:
        yield current


_HEADS = frozenset({"if", "elif", "else", "for", "while", "try", "except", "finally", "with", "def", "class"})


def _statement_edits(text: str, tokens: list[_Token]) -> Iterator[tuple[int, int, str]]:
    rewriters = {"print": _print, "exec": _exec, "raise": _raise, "except": _except}
    rewriter = rewriters.get(tokens[0].text)
    if rewriter:
        yield from rewriter(text, tokens)


def _split(tokens: list[_Token], separator: str = ",") -> list[list[_Token]]:
    """The tokens cut at separators that stand outside of brackets."""
    parts: list[list[_Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in {"(", "[", "{"}) - (token.text in {")", "]", "}"})
        if token.text == separator and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _source(text: str, tokens: list[_Token]) -> str:
    return text[tokens[0].start : tokens[-1].end] if tokens else ""


def _print(text: str, tokens: list[_Token]) -> Iterator[tuple[int, int, str]]:
    rest = tokens[1:]
    if not rest:
        yield (tokens[0].start, tokens[0].end, "print()")
        return
    if rest[0].text in {"=", ".", ",", ":", "+=", "[", ")"} or (rest[0].text == "(" and _is_one_bracket(rest)):
        return
    target = ""
    parts = _split(rest)
    if rest[0].text == ">>":
        target, parts = _source(text, parts[0][1:]), parts[1:]
    arguments = [_source(text, part) for part in parts]
    if arguments and not arguments[-1]:
        arguments[-1] = 'end=" "'
    if target:
        arguments.append(f"file={target}")
    yield (tokens[0].start, rest[-1].end, f"print({', '.join(arguments)})")


def _is_one_bracket(tokens: list[_Token]) -> bool:
    """Is the whole rest one pair of brackets, so that it is a call already?"""
    depth = 0
    for number, token in enumerate(tokens):
        depth += (token.text in {"(", "[", "{"}) - (token.text in {")", "]", "}"})
        if depth == 0:
            return number == len(tokens) - 1
    return True


def _exec(text: str, tokens: list[_Token]) -> Iterator[tuple[int, int, str]]:
    rest = tokens[1:]
    if not rest or rest[0].text in {"=", "."} or (rest[0].text == "(" and _is_one_bracket(rest)):
        return
    parts = _split(rest, "in")
    code = [_source(text, part) for part in parts]
    yield (tokens[0].start, rest[-1].end, f"exec({', '.join(code)})")


def _raise(text: str, tokens: list[_Token]) -> Iterator[tuple[int, int, str]]:
    parts = [_source(text, part) for part in _split(tokens[1:])]
    if not 2 <= len(parts) <= 3 or not all(parts):
        return
    value = parts[1][1:-1] if parts[1].startswith("(") and parts[1].endswith(")") else parts[1]
    trace = f".with_traceback({parts[2]})" if len(parts) == 3 else ""
    yield (tokens[1].start, tokens[-1].end, f"{parts[0]}({'' if value == 'None' else value}){trace}")


def _except(text: str, tokens: list[_Token]) -> Iterator[tuple[int, int, str]]:
    parts = _split([token for token in tokens[1:] if token is not tokens[-1] or token.text != ":"])
    if len(parts) == 2 and len(parts[1]) == 1 and parts[1][0].kind == tokenize.NAME and parts[0]:
        yield (parts[0][-1].end, parts[1][0].end, f" as {parts[1][0].text}")


def _literals(text: str) -> str:
    """Old octals, long integers, `ur` strings, `<>` and back quotes; inside strings and comments nothing is touched."""
    edits: list[tuple[int, int, str]] = []
    tokens = list(_tokens(text))
    ticks = [token for token in tokens if token.text == "`"]
    for opening, closing in zip(ticks[::2], ticks[1::2], strict=False):
        edits += [(opening.start, opening.end, "repr("), (closing.start, closing.end, ")")]
    for token, following in zip(tokens, tokens[1:], strict=False):
        is_joined = token.end == following.start
        if is_joined and token.text == "<" and following.text == ">":
            edits.append((token.start, following.end, "!="))
        elif is_joined and token.kind == tokenize.NUMBER and re.fullmatch("0+", token.text) and re.fullmatch("[0-7]+[lL]?", following.text):
            edits.append((token.start, following.end, "0o" + following.text.rstrip("lL")))
        elif is_joined and token.kind == tokenize.NUMBER and following.text in {"l", "L"}:
            edits.append((following.start, following.end, ""))
        elif is_joined and token.text.lower() == "ur" and following.kind == tokenize.STRING:
            edits.append((token.start, token.end, "r"))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
