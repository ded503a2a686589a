"""Who may come in: the real endpoints with every kind of token."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from metabuilder.access.models import ApiToken
from metabuilder.access.services import token_create, token_revoke
from metabuilder.kernel.clock import now

pytestmark = pytest.mark.django_db
RUNS = "/api/meta/v4/runs"


def get(authorization: str | None, at: str = RUNS) -> Any:
    return Client().get(at, headers={} if authorization is None else {"Authorization": authorization})


def test_a_token_comes_in() -> None:
    _, text = token_create(name="a", role="viewer", actor="test")
    assert get(f"Bearer {text}").status_code == 200
    assert get(f"bearer {text}").status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer a b", "Bearer mb_00000000_x", "Basic dTpw", "Bearer é", "Bearer " + "x" * 100_000],
)
def test_everything_else_is_401_with_a_hint(authorization: str | None) -> None:
    response = get(authorization)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert "metabuilder token create" in response.json()["hint"]


def test_the_shown_parts_of_a_token_do_not_come_in() -> None:
    token, text = token_create(name="a", role="viewer", actor="test")
    for guess in (token.prefix, token.digest, text[:-1], text.upper()):
        assert get(f"Bearer {guess}").status_code == 401


def test_a_revoked_token_is_out_at_once() -> None:
    token, text = token_create(name="a", role="admin", actor="test")
    token_revoke(prefix=token.prefix, actor="test")
    assert get(f"Bearer {text}").status_code == 401


def test_a_token_ends_with_its_time() -> None:
    token, text = token_create(name="a", role="viewer", actor="test", expires_at=now() + timedelta(hours=1))
    assert get(f"Bearer {text}").status_code == 200
    ApiToken.objects.filter(pk=token.pk).update(expires_at=now())
    assert get(f"Bearer {text}").status_code == 401


def test_last_use_is_written_at_most_once_a_minute() -> None:
    token, text = token_create(name="a", role="viewer", actor="test")
    recent, old = now() - timedelta(seconds=30), now() - timedelta(seconds=61)

    def used_after(before: Any) -> Any:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=before)
        get(f"Bearer {text}")
        token.refresh_from_db()
        return token.last_used_at

    assert used_after(None) is not None
    assert used_after(recent) == recent
    assert used_after(old) > old


def test_a_viewer_may_not_submit_and_an_operator_may_try() -> None:
    for role, status in (("viewer", 403), ("operator", 400), ("admin", 400)):
        _, text = token_create(name=role, role=role, actor="test", tenant_id="tenant_123")
        response = Client().post(RUNS, {}, content_type="application/json", headers={"Authorization": f"Bearer {text}"})
        assert response.status_code == status, response.content
