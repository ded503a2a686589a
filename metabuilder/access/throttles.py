"""So many calls a minute and token, counted in the cache; with the cache away calls pass."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from metabuilder.access.models import ApiToken

if TYPE_CHECKING:  # DRF's settings name this class, and its views import its settings
    from rest_framework.views import APIView

WINDOW_SECONDS = 60
log = structlog.get_logger(__name__)
failed_open = Counter("meta_builder_v4_throttle_failed_open_total", "Calls let through uncounted because the cache did not answer.")


@dataclass(frozen=True)
class RateLimit:
    """Where a token stands in the minute that runs."""

    limit: int
    used: int
    reset_seconds: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


class TokenThrottle(BaseThrottle):
    """META_V4_API_RATE_PER_MINUTE calls a minute for each token; 0: no limit."""

    _state: RateLimit | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limit = settings.META_V4_API_RATE_PER_MINUTE
        if not limit or not isinstance(request.auth, ApiToken):
            return True
        try:
            self._state = _count(request.auth.pk, limit, time.time())
        except (RedisError, OSError, ValueError) as error:  # ValueError: the key was evicted between the two commands
            failed_open.inc()
            log.warning("throttle_failed_open", error=type(error).__name__)
            return True
        request._request.rate_limit = self._state  # type: ignore[attr-defined]
        return self._state.used <= limit

    def wait(self) -> float | None:
        return float(self._state.reset_seconds) if self._state else None


def _count(token_id: int, limit: int, at: float) -> RateLimit:
    window = int(at // WINDOW_SECONDS)
    key = f"throttle:{token_id}:{window}"
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    return RateLimit(limit=limit, used=cache.incr(key), reset_seconds=int((window + 1) * WINDOW_SECONDS - at) + 1)


class RateLimitHeadersMiddleware:
    """Tell each caller where it stands: RateLimit-Limit, -Remaining and -Reset (seconds)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        state: RateLimit | None = getattr(request, "rate_limit", None)
        if state is not None:
            response["RateLimit-Limit"] = str(state.limit)
            response["RateLimit-Remaining"] = str(state.remaining)
            response["RateLimit-Reset"] = str(state.reset_seconds)
        return response
