"""The command line's view of the API: submit a tree, follow its timeline, fetch what came out."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

POLL_SECONDS = 0.15
TERMINAL = frozenset({"succeeded", "failed", "refused", "cancelled"})
API = "/api/meta/v4"


class WrongUsage(Exception):
    """The caller can mend it: exit 2."""


class PlatformTrouble(Exception):
    """The platform or the way to it failed: exit 3."""


class Client:
    """Calls one server with one token; every failure is WrongUsage or PlatformTrouble with a sentence."""

    def __init__(self, base_url: str, token: str) -> None:
        self._http = httpx.Client(base_url=base_url.rstrip("/") + API, headers={"Authorization": f"Bearer {token}"}, timeout=60.0)

    def run_and_wait(
        self, archive: Path, fields: dict[str, str], on_event: Callable[[dict[str, Any]], None], *, timeout_seconds: float
    ) -> dict[str, Any]:
        """Submit `archive`, report each timeline event, and return the run's document with its patch once it has ended."""
        with archive.open("rb") as content:
            run_id = self._call("POST", "/runs", data=fields, files={"archive": ("tree.tar", content)}).json()["run_id"]
        self._follow(run_id, on_event, deadline=time.monotonic() + timeout_seconds)
        return dict(self._call("GET", f"/runs/{run_id}").json())

    def cancel(self, run_id: str) -> None:
        self._call("POST", f"/runs/{run_id}/cancel", json={"reason": "The command that asked for it was stopped."})

    def _follow(self, run_id: str, on_event: Callable[[dict[str, Any]], None], *, deadline: float) -> None:
        seen = 0
        try:
            while True:
                page = self._call("GET", f"/runs/{run_id}/timeline", params={"after": seen}).json()
                for event in page["items"]:
                    on_event(event)
                    seen = event["seq"]
                if page["state"] in TERMINAL and not page["items"]:
                    return
                if time.monotonic() > deadline:
                    raise PlatformTrouble(f"Run {run_id} did not end in time; it was cancelled.")
                time.sleep(0 if page["items"] else POLL_SECONDS)
        except (KeyboardInterrupt, PlatformTrouble):
            self._cancel_quietly(run_id)
            raise

    def _cancel_quietly(self, run_id: str) -> None:
        try:
            self.cancel(run_id)
        except (WrongUsage, PlatformTrouble):
            return  # it ended meanwhile, or the server is gone: the first error is the one to tell

    def _call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise PlatformTrouble(f"{self._http.base_url} does not answer: {error}") from error
        if response.is_success:
            return response
        raise _trouble(response)


def _trouble(response: httpx.Response) -> WrongUsage | PlatformTrouble:
    try:
        problem = response.json()
        text = f"{problem.get('detail') or problem.get('title')} {problem.get('hint') or ''}".strip()
        for name, messages in (problem.get("errors") or {}).items():
            text += f" {name}: {messages}"
    except (ValueError, AttributeError):
        text = f"the server answered {response.status_code}."
    is_callers = response.status_code in (400, 401, 403, 404, 409, 413, 415, 422)
    return WrongUsage(text) if is_callers else PlatformTrouble(text)
