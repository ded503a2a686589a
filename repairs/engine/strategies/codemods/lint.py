"""Findings of linters, mended by the rewrite of their family."""

from collections.abc import Mapping
from typing import Any

from repairs.engine.strategies.codemods.source import Options, Place


def rewrite_file(
    path: str, content: bytes, _other: bytes, places: list[Place], options: Options, context: Mapping[str, Any], notes: list[str]
) -> bytes:
    """The file with what can be mended mended."""
    return content
