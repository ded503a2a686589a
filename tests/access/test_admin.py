"""The admin shows these rooms and changes nothing."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from budgets.models import Budget, LedgerEntry, TenantLimits
from budgets.services import budget_open
from metabuilder.access.models import ApiToken
from metabuilder.access.services import token_create
from metabuilder.audit.models import AuditEntry
from metabuilder.tenancy.flags import Flag
from metabuilder.tenancy.models import FeatureOverride, Tenant
from metabuilder.tenancy.services import flag_set

MODELS = [ApiToken, AuditEntry, Tenant, FeatureOverride, Budget, LedgerEntry, TenantLimits]


@pytest.fixture
def client(db: None) -> Client:
    flag_set(flag=Flag.META_V4_ENABLED, tenant_id="tenant_123", is_enabled=False, actor="test")
    token_create(name="ci", role="viewer", tenant_id="tenant_123", actor="test")
    TenantLimits.objects.create(tenant_id="tenant_123", attempt_budget=3)
    budget_open(run_id="run_1", tenant_id="tenant_123")
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_and_rows_are_shown_and_nothing_can_be_added_changed_or_removed(client: Client, model: type) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model.objects.first()
    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    shown = client.get(reverse(f"{name}_change", args=[row.pk]))
    assert shown.status_code == 200
    assert b'name="_save"' not in shown.content
    assert client.get(reverse(f"{name}_add")).status_code == 403
    assert client.post(reverse(f"{name}_change", args=[row.pk]), {}).status_code == 403
    assert client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_a_tokens_hash_is_not_shown(client: Client) -> None:
    token = ApiToken.objects.get()
    page = client.get(reverse("admin:access_apitoken_change", args=[token.pk]))
    assert token.digest.encode() not in page.content


def test_every_model_of_these_rooms_is_in_the_admin() -> None:
    assert set(MODELS) <= set(admin.site._registry)
