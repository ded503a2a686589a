"""A tenant begins with its first use; its id is chosen by the caller within bounds."""

import pytest

from metabuilder.kernel.errors import InvalidInput
from metabuilder.tenancy.models import Tenant
from metabuilder.tenancy.services import tenant_ensure

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("tenant_id", ["tenant_123", "local", "A.b-c", "x" * 63])
def test_ensuring_twice_is_ensuring_once(tenant_id: str) -> None:
    first, again = tenant_ensure(tenant_id), tenant_ensure(tenant_id)
    assert first.pk == again.pk == tenant_id
    assert first.created_at == again.created_at
    assert Tenant.objects.count() == 1


@pytest.mark.parametrize("tenant_id", ["", " ", "a b", "_a", "../a", "a/b", "x" * 64, "a\n", "é", "a\x00"])
def test_an_id_that_is_none_is_refused(tenant_id: str) -> None:
    with pytest.raises(InvalidInput):
        tenant_ensure(tenant_id)
    assert Tenant.objects.count() == 0
