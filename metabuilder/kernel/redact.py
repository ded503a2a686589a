"""Take secrets out of text before it is stored or shown."""

import re

_PATTERNS = (
    re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)\b(password|passwd|secret|token|api[_-]?key|access[_-]?key)\b(\s*[=:]\s*)['\"]?[^\s'\"]{4,}['\"]?"),
    re.compile(r"\b(?:sk|pk|ghp|gho|ghs|xox[abp]|mb)[-_][A-Za-z0-9_-]{16,}"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL),
)
MASK = "[redacted]"


def redact(text: str) -> str:
    """`text` with credentials masked; keys keep their names, so that a reader sees what was there."""
    for pattern in _PATTERNS:
        text = pattern.sub(_masked, text)
    return text


def _masked(match: re.Match[str]) -> str:
    if match.lastindex == 2:
        return f"{match[1]}{match[2]}{MASK}"
    return f"{match[1]} {MASK}" if match.lastindex == 1 else MASK
