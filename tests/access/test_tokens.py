"""Tokens are made once, kept as a hash, and ended for good."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from metabuilder.access.models import ApiToken
from metabuilder.access.scope import tenant_required, tenant_scope
from metabuilder.access.services import token_create, token_digest, token_revoke
from metabuilder.audit.models import AuditEntry
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import InvalidInput, NotFound

pytestmark = pytest.mark.django_db


def test_the_text_is_nowhere_in_the_database() -> None:
    token, text = token_create(name="ci", role="operator", actor="test")
    secret = text.rpartition("_")[2]
    assert text.startswith(f"mb_{token.prefix}_")
    assert token.digest == token_digest(text)
    rows = [*ApiToken.objects.values(), *AuditEntry.objects.values()]
    assert secret not in str(rows)


def test_two_tokens_share_nothing() -> None:
    (first, one), (second, other) = (token_create(name="ci", role="viewer", actor="test") for _ in range(2))
    assert first.prefix != second.prefix
    assert one != other


def test_making_and_revoking_are_audited_and_revoking_twice_is_revoking_once() -> None:
    token, _ = token_create(name="ci", role="admin", actor="ann", tenant_id="tenant_123")
    first = token_revoke(prefix=token.prefix, actor="ann", reason="left the team")
    again = token_revoke(prefix=token.prefix, actor="bob")
    assert first.revoked_at == again.revoked_at
    entries = AuditEntry.objects.order_by("id").values_list("action", "actor", "tenant_id", "reason")
    assert list(entries) == [("token_create", "ann", "tenant_123", ""), ("token_revoke", "ann", "tenant_123", "left the team")]


def test_an_unknown_prefix_is_not_found() -> None:
    with pytest.raises(NotFound):
        token_revoke(prefix="00000000", actor="test")


@pytest.mark.parametrize(
    ("name", "role", "tenant_id"),
    [(" ", "viewer", None), ("a\nb", "viewer", None), ("ci", "root", None), ("ci", "viewer", ""), ("ci", "viewer", "../x")],
)
def test_what_makes_no_sense_is_refused(name: str, role: str, tenant_id: str | None) -> None:
    with pytest.raises(InvalidInput):
        token_create(name=name, role=role, tenant_id=tenant_id, actor="test")
    assert ApiToken.objects.count() == 0


def test_a_token_that_would_have_ended_already_is_refused() -> None:
    with pytest.raises(InvalidInput):
        token_create(name="ci", role="viewer", actor="test", expires_at=now() - timedelta(seconds=1))


def test_the_database_knows_the_roles_too() -> None:
    token, _ = token_create(name="ci", role="viewer", actor="test")
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(role="root")


def test_roles_contain_each_other() -> None:
    ranks = ["viewer", "operator", "admin"]
    for number, role in enumerate(ranks):
        assert [ApiToken(role=role).has_role(wanted) for wanted in ranks] == [wanted in ranks[: number + 1] for wanted in ranks]


def test_a_foreign_tenant_looks_as_if_it_were_not_there() -> None:
    request = Request(APIRequestFactory().get("/"))
    request.auth, _ = token_create(name="ci", role="admin", tenant_id="tenant_123", actor="test")
    assert tenant_scope(request) == tenant_required(request, "tenant_123") == "tenant_123"
    with pytest.raises(NotFound):
        tenant_required(request, "tenant_999")


def test_a_platform_token_sees_every_tenant() -> None:
    request = Request(APIRequestFactory().get("/"))
    request.auth, _ = token_create(name="ci", role="viewer", actor="test")
    assert tenant_scope(request) is None
    assert tenant_required(request, "tenant_999") == "tenant_999"
