"""Each answer carries an id: the caller's own where it is sane, else a new one."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_an_id_is_made() -> None:
    first, second = (Client().get("/api/none")["X-Request-ID"] for _ in range(2))
    assert first.startswith("req_")
    assert first != second


def test_a_sane_id_of_the_caller_is_kept() -> None:
    response = Client().get("/api/none", headers={"X-Request-ID": "trace-1:a.b_c"})
    assert response["X-Request-ID"] == response.json()["request_id"] == "trace-1:a.b_c"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\n", "<script>", "é"])
def test_an_insane_one_is_replaced(given: str) -> None:
    assert Client().get("/api/none", headers={"X-Request-ID": given})["X-Request-ID"].startswith("req_")
