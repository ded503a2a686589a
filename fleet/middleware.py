"""Compose what stands round every job: dotted names in settings, outermost first."""

from collections.abc import Callable, Sequence
from functools import cache

from django.utils.module_loading import import_string

from fleet.services.jobs import Lease

Handler = Callable[[Lease], None]
Middleware = Callable[[Handler], Handler]


@cache
def _loaded(names: tuple[str, ...]) -> tuple[Middleware, ...]:
    return tuple(import_string(name) for name in names)


def compose(handler: Handler, names: Sequence[str]) -> Handler:
    """`handler` inside the middleware of that name list. Raises ImportError for a name that is not there."""
    for middleware in reversed(_loaded(tuple(names))):
        handler = middleware(handler)
    return handler
