"""Whose data a caller sees."""

from rest_framework.request import Request

from metabuilder.access.models import ApiToken
from metabuilder.kernel.errors import NotFound


def tenant_scope(request: Request) -> str | None:
    """The one tenant a token sees; None for a platform token, which sees all. Somebody else's data is as if it were not there."""
    assert isinstance(request.auth, ApiToken)
    return request.auth.tenant_id


def tenant_required(request: Request, tenant_id: str) -> str:
    """`tenant_id` when this caller may see it. Raises NotFound for a foreign one."""
    own = tenant_scope(request)
    if own is not None and own != tenant_id:
        raise NotFound(f"There is no tenant {tenant_id}.", hint="This token sees one tenant only.")
    return tenant_id
