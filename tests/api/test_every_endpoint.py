"""What holds for each endpoint of the schema, also for those that come later: no token 401, a foreign run 404."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from metabuilder.access.services import token_create
from metabuilder.kernel.clock import now
from metabuilder.tenancy.services import tenant_ensure
from repairs.models import RepairRun

pytestmark = pytest.mark.django_db
SCHEMA: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
CALLS = [(method, path) for path, item in SCHEMA["paths"].items() for method in item if path.startswith("/api/meta/")]
OF_A_RUN = [(method, path) for method, path in CALLS if "{run_id}" in path]


def caller(role: str, tenant_id: str | None = None) -> Client:
    _, text = token_create(name=role, role=role, tenant_id=tenant_id, actor="test")
    return Client(headers={"Authorization": f"Bearer {text}"})


def call(client: Client, method: str, path: str) -> Any:
    return client.generic(method.upper(), path.replace("{run_id}", "run_1"), "{}", content_type="application/json")


@pytest.fixture
def run() -> Iterator[RepairRun]:
    yield RepairRun.objects.create(id="run_1", tenant=tenant_ensure("tenant_123"), source={"kind": "path", "path": "/x"}, created_at=now())


def test_there_are_endpoints_to_look_at() -> None:
    assert ("get", "/api/meta/v4/runs/{run_id}") in CALLS


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_a_token_it_is_401_with_a_hint(run: RepairRun, method: str, path: str) -> None:
    response = call(Client(), method, path)
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response.json()["hint"]


@pytest.mark.parametrize(("method", "path"), OF_A_RUN)
def test_another_tenants_run_looks_as_if_it_were_not_there(run: RepairRun, method: str, path: str) -> None:
    foreign = call(caller("admin", "tenant_999"), method, path)
    missing = call(caller("admin", "tenant_999"), method, path.replace("{run_id}", "run_none"))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json()["code"] == missing.json()["code"] == "not_found"
    assert foreign.json()["detail"].replace("run_1", "run_none") == missing.json()["detail"]


@pytest.mark.parametrize(("method", "path"), [row for row in CALLS if row[0] != "get"])
def test_a_viewer_writes_nothing(run: RepairRun, method: str, path: str) -> None:
    assert call(caller("viewer", "tenant_123"), method, path).status_code == 403


def test_a_tenants_list_has_its_own_runs_only(run: RepairRun) -> None:
    own, foreign = (caller("viewer", tenant).get("/api/meta/v4/runs").json()["items"] for tenant in ("tenant_123", "tenant_999"))
    assert [item["run_id"] for item in own] == ["run_1"]
    assert foreign == []


def test_every_operation_of_the_schema_asks_for_a_token_and_answers_with_problems() -> None:
    for method, path in CALLS:
        operation = SCHEMA["paths"][path][method]
        assert operation["security"] == [{"bearer": []}]
        assert "application/problem+json" in operation["responses"]["401"]["content"]
