"""So many calls a minute and token; a dead cache lets calls pass."""

import socket
import time
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import Client, override_settings

from metabuilder.access import throttles
from metabuilder.access.services import token_create

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands until it is moved, in the middle of a minute."""
    clock = [(time.time() // 60) * 60 + 20.0]
    monkeypatch.setattr(throttles.time, "time", lambda: clock[0])
    return clock


def caller(name: str) -> Client:
    _, text = token_create(name=name, role="viewer", actor="test")
    return Client(headers={"Authorization": f"Bearer {text}"})


def get(client: Client) -> Any:
    return client.get("/api/meta/v4/runs")


@override_settings(META_V4_API_RATE_PER_MINUTE=2)
def test_the_call_beyond_the_rate_is_429_until_the_minute_ends(at: list[float]) -> None:
    client, other = caller("a"), caller("b")
    first, second, third = get(client), get(client), get(client)
    assert [first["RateLimit-Remaining"], second["RateLimit-Remaining"], third["RateLimit-Remaining"]] == ["1", "0", "0"]
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 429)
    assert third.json()["code"] == "throttled"
    assert third["RateLimit-Limit"] == "2"
    assert third["Retry-After"] == third["RateLimit-Reset"] == "41"
    assert get(other).status_code == 200
    at[0] += 41
    assert get(client).status_code == 200


@override_settings(META_V4_API_RATE_PER_MINUTE=0)
def test_a_rate_of_nought_is_no_limit() -> None:
    response = get(caller("a"))
    assert response.status_code == 200
    assert "RateLimit-Limit" not in response


def test_with_the_cache_away_calls_pass_soon_and_are_counted() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers here
        taken.bind(("127.0.0.1", 0))
        dead = {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{taken.getsockname()[1]}/0"}
        before = throttles.failed_open._value.get()
        client = caller("a")
        with override_settings(CACHES={"default": dead}, META_V4_API_RATE_PER_MINUTE=1):
            started = time.monotonic()
            statuses = [get(client).status_code for _ in range(3)]
            took = time.monotonic() - started
    assert caches["default"] is not None
    assert statuses == [200, 200, 200]
    assert throttles.failed_open._value.get() == before + 3
    assert took < 3
