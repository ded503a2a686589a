"""The log's own processors."""

from collections.abc import MutableMapping
from typing import Any

from metabuilder.kernel.redact import MASK, is_telling, redact_value


def redact_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: no secret leaves in a log line, whoever put it there."""
    for key, value in event.items():
        if not key.startswith("_"):  # those are structlog's own: the record and its origin
            event[key] = MASK if is_telling(key) and value else redact_value(value)
    return event
