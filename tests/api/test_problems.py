"""Every refusal is a problem with a code, a hint and the request's id; nothing of the inside leaves."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import metabuilder.urls
from metabuilder.access.permissions import IsOperator
from metabuilder.access.services import token_create
from metabuilder.api.problems import CONTENT_TYPE, STATUSES
from metabuilder.kernel.errors import BudgetExhausted, DomainError, QueueDraining

pytestmark = pytest.mark.django_db
ERRORS: dict[str, Exception] = {
    "draining": QueueDraining("Queue cpu takes no new work."),
    "exhausted": BudgetExhausted("No.", shortfall="1.5", currency="usd"),
    "shadow": BudgetExhausted("No.", status=200, request_id="forged"),
    "bug": RuntimeError("password=hunter2 in a stack"),
    "away": OperationalError("connection to 10.0.0.1 refused"),
}


class FailingApi(APIView):
    class Input(serializers.Serializer[Any]):
        number = serializers.IntegerField(min_value=1)

    def get(self, request: Request, kind: str) -> Response:
        raise ERRORS[kind]

    def post(self, request: Request, kind: str) -> Response:
        self.Input(data=request.data).is_valid(raise_exception=True)
        return Response({})


class OperatorApi(APIView):
    permission_classes = (IsOperator,)

    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [path("api/t/operator", OperatorApi.as_view()), path("api/t/<str:kind>", FailingApi.as_view()), *metabuilder.urls.urlpatterns]
handler400, handler404, handler500 = metabuilder.urls.handler400, metabuilder.urls.handler404, metabuilder.urls.handler500


@pytest.fixture(autouse=True)
def addresses() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def client() -> Client:
    _, text = token_create(name="viewer", role="viewer", actor="test")
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {text}"})


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == CONTENT_TYPE
    document: dict[str, Any] = response.json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"].endswith(code)
    assert document["title"] == STATUSES[code][1]
    assert document["detail"]
    assert document["hint"]
    assert document["request_id"] == response["X-Request-ID"]
    return document


def test_a_domain_refusal_has_its_status_and_retry_after(client: Client) -> None:
    response = client.get("/api/t/draining")
    assert problem(response, 503, "queue_draining")["detail"] == "Queue cpu takes no new work."
    assert response["Retry-After"] == "30"


def test_a_refusals_own_members_are_shown_and_never_replace_ours(client: Client) -> None:
    assert problem(client.get("/api/t/exhausted"), 402, "budget_exhausted")["shortfall"] == "1.5"
    problem(client.get("/api/t/shadow"), 402, "budget_exhausted")


def test_bad_fields_are_named(client: Client) -> None:
    document = problem(client.post("/api/t/x", {"number": 0}, content_type="application/json"), 400, "invalid_input")
    assert list(document["errors"]) == ["number"]


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    problem(client.post("/api/t/x", "{", content_type="application/json"), 400, "invalid_input")


def test_another_content_type_is_refused(client: Client) -> None:
    problem(client.post("/api/t/x", "a", content_type="text/csv"), 415, "unsupported_media_type")


def test_a_method_that_is_not_offered_is_refused(client: Client) -> None:
    response = client.delete("/api/t/x")
    problem(response, 405, "method_not_allowed")
    assert "POST" in response["Allow"]


def test_no_token_is_401_with_a_hint_and_a_challenge() -> None:
    response = Client().get("/api/t/draining")
    assert "Bearer" in problem(response, 401, "not_authenticated")["hint"]
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_too_low_a_role_is_403_and_says_which_is_needed(client: Client) -> None:
    assert "operator" in problem(client.get("/api/t/operator"), 403, "forbidden")["detail"]


@pytest.mark.parametrize("debug", [True, False])
def test_an_address_below_api_that_is_none_is_a_problem(client: Client, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        problem(client.get("/api/meta/v4/nothing"), 404, "not_found")


def test_an_address_elsewhere_that_is_none_is_a_page(client: Client) -> None:
    response = client.get("/nothing")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_bug_is_500_and_tells_nothing_of_the_inside(client: Client) -> None:
    response = client.get("/api/t/bug")
    problem(response, 500, "error")
    assert b"hunter2" not in response.content
    assert b"RuntimeError" not in response.content


def test_a_database_that_is_away_is_503_and_worth_a_retry(client: Client) -> None:
    response = client.get("/api/t/away")
    problem(response, 503, "unavailable")
    assert response["Retry-After"] == "5"
    assert b"10.0.0.1" not in response.content


def test_a_hostile_host_name_is_a_problem(client: Client) -> None:
    with override_settings(ALLOWED_HOSTS=["localhost"], DEBUG=False):
        problem(client.get("/api/t/draining", headers={"Host": "evil.example"}), 400, "invalid_input")


def test_every_domain_code_has_a_status() -> None:
    def codes(kind: type[DomainError]) -> set[str]:
        return {kind.code} | {code for child in kind.__subclasses__() for code in codes(child)}

    assert codes(DomainError) <= set(STATUSES)
