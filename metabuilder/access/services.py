"""Make, check and revoke tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from metabuilder.access.models import ApiToken
from metabuilder.audit.services import audit_record
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import InvalidInput, NotFound
from metabuilder.tenancy.services import tenant_ensure

LAST_USED_GRAIN = timedelta(minutes=1)  # last use is written at most this often


@transaction.atomic
def token_create(
    *, name: str, role: str, tenant_id: str | None = None, actor: str, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token and its plain text, which is never to be had again. Without a tenant it sees all of them. Raises InvalidInput."""
    at = now()
    _check(name=name, role=role, expires_at=expires_at, at=at)
    prefix = secrets.token_hex(4)
    plain = f"mb_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name,
        prefix=prefix,
        digest=token_digest(plain),
        role=role,
        tenant=None if tenant_id is None else tenant_ensure(tenant_id),
        created_at=at,
        created_by=actor,
        expires_at=expires_at,
    )
    audit_record(actor=actor, action="token_create", target=f"token {prefix}", tenant_id=tenant_id, after={"name": name, "role": role})
    return token, plain


def token_find(plain: str) -> ApiToken | None:
    """The valid token with that text; None when it is unknown, expired or revoked. Notes the use."""
    at = now()
    valid = Q(expires_at=None) | Q(expires_at__gt=at)
    token = ApiToken.objects.filter(valid, digest=token_digest(plain), revoked_at=None).first()
    if token and (token.last_used_at is None or at - token.last_used_at > LAST_USED_GRAIN):
        ApiToken.objects.filter(pk=token.pk, last_used_at=token.last_used_at).update(last_used_at=at)
    return token


@transaction.atomic
def token_revoke(*, prefix: str, actor: str, reason: str = "") -> ApiToken:
    """End a token; safe to repeat. Raises NotFound."""
    token = ApiToken.objects.filter(prefix=prefix).first()
    if token is None:
        raise NotFound(f"There is no token {prefix}.", hint="`metabuilder token list` shows the prefixes.")
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now()):
        audit_record(actor=actor, action="token_revoke", target=f"token {prefix}", tenant_id=token.tenant_id, reason=reason)
    token.refresh_from_db()
    return token


def _check(*, name: str, role: str, expires_at: datetime | None, at: datetime) -> None:
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise InvalidInput("A token needs a name of 1 to 200 printable characters.")
    if role not in ApiToken.Role.values:
        raise InvalidInput(f"{role!r} is no role.", hint=f"One of {', '.join(ApiToken.Role.values)}.")
    if expires_at is not None and expires_at <= at:
        raise InvalidInput("The token would have expired before its first use.")


def token_digest(plain: str) -> str:
    # A fast hash is right here: the text has 256 random bits, so there is nothing to guess.
    return hashlib.sha256(plain.encode()).hexdigest()
