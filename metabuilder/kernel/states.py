"""State changes by conditional update: of two at a time, one wins."""

from collections.abc import Collection
from typing import Any

from django.db.models import Model


def state_change(row: Model, *, to: str, allowed_from: Collection[str], **fields: Any) -> bool:
    """Move `row.state` to `to` if it still is in `allowed_from`; set `fields` with it.

    Returns False, and leaves `row` as it was, when somebody else moved it first.
    """
    values = {"state": to, **fields}
    moved = type(row)._default_manager.filter(pk=row.pk, state__in=allowed_from).update(**values)
    if moved:
        for name, value in values.items():
            setattr(row, name, value)
    return bool(moved)
