"""Comments that silence a tool, of every tool known here; counted, so that one may move."""

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator

from repairs.engine.verify.tampering import Tampering

_PYTHON = {
    "noqa": re.compile(r"#\s*(?:ruff|flake8)?:?\s*noqa\b(?P<codes>\s*:\s*[A-Z0-9, ]+)?", re.IGNORECASE),
    "type: ignore": re.compile(r"#\s*(?:type|pyright|mypy|ty)\s*:\s*ignore(?:-errors)?(?P<codes>\[[^\]]*\])?"),
    "mypy option": re.compile(r"#\s*mypy:\s*(?P<codes>[\w-]+)"),
    "pylint": re.compile(r"#\s*pylint:\s*(?:disable|skip-file)(?P<codes>[^#]*)"),
    "nosec": re.compile(r"#\s*nosec\b(?P<codes>[^#]*)"),
    "no cover": re.compile(r"#\s*pragma:\s*no\s*(?:cover|branch)(?P<codes>)"),
    "format off": re.compile(r"#\s*(?:fmt:\s*(?:off|skip)|yapf:\s*disable|isort:\s*(?:skip|off)\w*)(?P<codes>)"),
}
_OTHERS = {
    "eslint": re.compile(r"(?:/[/*]|<!--)\s*(?:eslint-disable|tslint:disable|jshint ignore)[\w-]*(?P<codes>[^*\n]*)"),
    "ts-ignore": re.compile(r"//\s*@ts-(?:ignore|nocheck|expect-error)(?P<codes>)"),
    "prettier": re.compile(r"(?://|/\*|<!--|#)\s*prettier-ignore(?P<codes>)"),
    "istanbul": re.compile(r"/\*\s*(?:istanbul|c8|v8) ignore(?P<codes>)"),
}
_OTHER_ENDINGS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".vue", ".css", ".scss", ".html", ".md", ".yml", ".yaml", ".json")


def added_suppressions(path: str, before: bytes | None, after: bytes | None) -> Iterator[Tampering]:
    """Each kind of suppression that the file has more of, or broader, than before."""
    if after is None:
        return
    old, new = _counts(path, before), _counts(path, after)
    for (kind, codes), count in sorted(new.items()):
        if count > old[kind, codes]:
            yield Tampering("suppression_added", path, None, f"{kind} {codes}".strip())


def _counts(path: str, content: bytes | None) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    if content is None:
        return counts
    if path.endswith((".py", ".pyi")):
        texts, patterns = list(_comments(content)), _PYTHON
    elif path.endswith(_OTHER_ENDINGS):
        texts, patterns = content.decode("utf-8", "replace").splitlines(), _OTHERS
    else:
        return counts
    for text in texts:
        for kind, pattern in patterns.items():
            for match in pattern.finditer(text):
                counts[kind, " ".join((match["codes"] or "").split())] += 1
    return counts


def _comments(content: bytes) -> Iterator[str]:
    """The comments of Python source; a file that cannot be tokenised is read by line, so that nothing hides in it."""
    try:
        found = [token.string for token in tokenize.tokenize(io.BytesIO(content).readline) if token.type == tokenize.COMMENT]
    except (tokenize.TokenError, SyntaxError, ValueError):
        found = [line for line in content.decode("utf-8", "replace").splitlines() if "#" in line]
    yield from found
