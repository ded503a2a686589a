"""Whose data a caller sees."""

from rest_framework.request import Request

from metabuilder.access.models import ApiToken


def tenant_scope(request: Request) -> str | None:
    """The one tenant a token sees; None for a platform token, which sees all. Somebody else's data is as if it were not there."""
    assert isinstance(request.auth, ApiToken)
    return request.auth.tenant_id
