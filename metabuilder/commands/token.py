"""`metabuilder token`: make, list and revoke API tokens."""

import argparse
import sys
from datetime import UTC, datetime, timedelta

from metabuilder.commands.django_setup import django_ready


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("token", help="make, list and revoke API tokens")
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="make a token; its text is printed once")
    create.add_argument("name")
    create.add_argument("--role", choices=("viewer", "operator", "admin"), required=True)
    create.add_argument("--tenant", metavar="ID", help="the token sees this tenant only")
    create.add_argument("--days", metavar="N", type=_positive, help="the token ends after N days (default: never)")
    verbs.add_parser("list", help="tokens with prefix, role and last use")
    revoke = verbs.add_parser("revoke", help="end a token")
    revoke.add_argument("prefix")
    revoke.add_argument("--reason", default="")


def run(arguments: argparse.Namespace) -> int:
    """0: done; 2: no such token, or a tenant id that is none."""
    django_ready()
    from metabuilder.kernel.errors import DomainError

    try:
        _VERBS[arguments.verb](arguments)
    except DomainError as error:
        print(f"metabuilder token: {error.detail} {error.hint}", file=sys.stderr)
        return 2
    return 0


def _create(arguments: argparse.Namespace) -> None:
    from metabuilder.access.services import token_create

    expires_at = _expiry(arguments.days)
    token, plain = token_create(
        name=arguments.name, role=arguments.role, tenant_id=arguments.tenant, actor="command line", expires_at=expires_at
    )
    print(f"{token.role} token {token.prefix} for {token.tenant_id or 'every tenant'}; it is shown this once:", file=sys.stderr)
    print(plain)


def _list(arguments: argparse.Namespace) -> None:
    from metabuilder.access.models import ApiToken

    for token in ApiToken.objects.order_by("created_at"):
        state = _state(token.revoked_at, token.expires_at)
        used = token.last_used_at or "never"
        print(f"{token.prefix}  {token.role:8}  {token.tenant_id or '*':20}  {state:8}  last used {used}  {token.name}")


def _revoke(arguments: argparse.Namespace) -> None:
    from metabuilder.access.services import token_revoke

    token = token_revoke(prefix=arguments.prefix, actor="command line", reason=arguments.reason)
    print(f"Token {token.prefix} ({token.name}) is revoked.")


def _state(revoked_at: datetime | None, expires_at: datetime | None) -> str:
    if revoked_at:
        return "revoked"
    return "expired" if expires_at and expires_at <= datetime.now(UTC) else "valid"


def _expiry(days: int | None) -> datetime | None:
    return None if days is None else datetime.now(UTC) + timedelta(days=days)


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:6]) <= 36_500:
        raise argparse.ArgumentTypeError(f"{text} is no number of days from 1 to 36500")
    return int(text)


_VERBS = {"create": _create, "list": _list, "revoke": _revoke}
