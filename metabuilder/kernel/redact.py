"""Take secrets out of what is stored, logged or shown."""

import re
from collections.abc import Mapping
from typing import Any

_PATTERNS = (
    re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)\b(password|passwd|secret|token|api[_-]?key|access[_-]?key)\b(\s*[=:]\s*)['\"]?[^\s'\"]{4,}['\"]?"),
    re.compile(r"\b(?:sk|pk|ghp|gho|ghs|github_pat|xox[abp]|mb)[-_][A-Za-z0-9_-]{16,}"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
_TELLING_KEY = re.compile(r"(?i)(^|[_.-])(password|passwd|secret|token|authorization|cookie|api[_-]?key|private[_-]?key|credentials?)$")
MASK = "[redacted]"
_MAX_DEPTH = 12


def redact(text: str) -> str:
    """`text` with credentials masked; keys keep their names, so that a reader sees what was there."""
    for pattern in _PATTERNS:
        text = pattern.sub(_masked, text)
    return text


def redact_value(value: Any, *, depth: int = 0) -> Any:
    """A copy of a JSON-like value: masked whole under telling keys (`password`, `api_key` …), masked in part inside texts."""
    if isinstance(value, str):
        return redact(value)
    if depth > _MAX_DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return {key: MASK if is_telling(str(key)) and item else redact_value(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(item, depth=depth + 1) for item in value]
    return value


def is_telling(key: str) -> bool:
    """Does a key of this name hold a secret?"""
    return _TELLING_KEY.search(key) is not None


def _masked(match: re.Match[str]) -> str:
    if match.lastindex == 2:
        return f"{match[1]}{match[2]}{MASK}"
    return f"{match[1]} {MASK}" if match.lastindex == 1 else MASK
