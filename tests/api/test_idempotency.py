"""A write sent twice is done once; of two at once one works and both get its answer."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.urls import path
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import metabuilder.urls
from metabuilder.access.services import token_create
from metabuilder.api import idempotency
from metabuilder.api.idempotency import idempotent
from metabuilder.api.models import IdempotentAnswer
from metabuilder.kernel.errors import Conflict
from metabuilder.tenancy.models import Tenant
from metabuilder.tenancy.services import tenant_ensure

entered, may_go = threading.Event(), threading.Event()


class MakeTenantApi(APIView):
    parser_classes = (JSONParser, MultiPartParser)

    @idempotent
    def post(self, request: Request) -> Response:
        tenant_ensure(request.data["name"])
        if request.data.get("wait"):
            entered.set()
            assert may_go.wait(30)
        if request.data.get("refuse"):
            raise Conflict("Not now.")
        upload = request.data.get("file")
        size = len(upload.read()) if upload else 0
        return Response({"count": Tenant.objects.count(), "size": size}, status=202, headers={"Location": f"/t/{request.data['name']}"})


urlpatterns = [path("api/t/make", MakeTenantApi.as_view()), path("api/t/other", MakeTenantApi.as_view()), *metabuilder.urls.urlpatterns]


@pytest.fixture(autouse=True)
def addresses() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def client() -> Client:
    return client_of("first")


def client_of(name: str) -> Client:
    _, text = token_create(name=name, role="operator", actor="test")
    return Client(headers={"Authorization": f"Bearer {text}"})


def make(client: Client, body: dict[str, Any], key: str | None = "key-1", at: str = "/api/t/make") -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return client.post(at, body, content_type="application/json", headers=headers)


@pytest.mark.django_db
def test_the_repeat_gets_the_first_answer_and_nothing_is_done_again(client: Client) -> None:
    first = make(client, {"name": "a"})
    Tenant.objects.create(pk="in-between", created_at="2026-01-01T00:00:00Z")
    again = make(client, {"name": "a"})
    assert (again.status_code, again.json(), again["Location"]) == (202, first.json(), "/t/a")
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_422(client: Client) -> None:
    make(client, {"name": "a"})
    response = make(client, {"name": "b"})
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert not Tenant.objects.filter(pk="b").exists()


@pytest.mark.django_db
def test_keys_of_other_tokens_and_addresses_are_other_keys(client: Client) -> None:
    make(client, {"name": "a"})
    assert "Idempotency-Replayed" not in make(client_of("second"), {"name": "b"})
    assert "Idempotency-Replayed" not in make(client, {"name": "b"}, at="/api/t/other")


@pytest.mark.django_db
def test_a_refused_call_leaves_nothing_and_may_be_repeated(client: Client) -> None:
    assert make(client, {"name": "a", "refuse": True}).status_code == 409
    assert not Tenant.objects.filter(pk="a").exists()
    assert make(client, {"name": "a"}).status_code == 202


@pytest.mark.django_db
def test_without_a_key_every_call_is_its_own(client: Client) -> None:
    for _ in range(2):
        assert "Idempotency-Replayed" not in make(client, {"name": "a"}, key=None)
    assert IdempotentAnswer.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(client: Client, key: str) -> None:
    assert make(client, {"name": "a"}, key=key).json()["code"] == "invalid_input"


@pytest.mark.django_db
def test_uploads_count_by_their_content_and_still_reach_the_view(client: Client) -> None:
    def upload(content: bytes) -> Any:
        body = {"name": "a", "file": SimpleUploadedFile("tree.tar", content)}
        return client.post("/api/t/make", body, headers={"Idempotency-Key": "k"})

    assert upload(b"12345").json()["size"] == 5
    assert upload(b"12345")["Idempotency-Replayed"] == "true"
    assert upload(b"54321").status_code == 422


@pytest.mark.django_db
def test_after_a_day_a_key_is_new(client: Client) -> None:
    make(client, {"name": "a"})
    IdempotentAnswer.objects.update(created_at="2020-01-01T00:00:00Z")
    assert "Idempotency-Replayed" not in make(client, {"name": "b"})


class Caller(threading.Thread):
    def __init__(self, client: Client, body: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self._client, self._body = client, body
        self.response: Any = None

    def run(self) -> None:
        try:
            self.response = make(self._client, self._body)
        finally:
            connection.close()


@pytest.fixture
def busy(transactional_db: None) -> Iterator[tuple[Client, Caller]]:
    """A first call that stands in the middle of its work."""
    entered.clear()
    may_go.clear()
    client = client_of("first")
    first = Caller(client, {"name": "a", "wait": True})
    first.start()
    assert entered.wait(30)
    yield client, first
    may_go.set()
    first.join(30)


def is_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
        return bool(cursor.fetchone()[0])


def test_of_two_at_once_the_second_waits_and_gets_the_firsts_answer(busy: tuple[Client, Caller]) -> None:
    client, first = busy
    second = Caller(client, {"name": "a", "wait": True})
    second.start()
    while not is_waiting():
        assert second.is_alive()
    may_go.set()
    first.join(30)
    second.join(30)
    assert second.response.json() == first.response.json()
    assert second.response["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.response


def test_a_second_that_waited_too_long_is_told_to_come_back(busy: tuple[Client, Caller], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "WAIT_MILLISECONDS", 50)
    response = make(busy[0], {"name": "a", "wait": True})
    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert response["Retry-After"] == "5"
