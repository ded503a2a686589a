"""Bearer tokens for Django REST framework."""

from dataclasses import dataclass

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from metabuilder.access.models import ApiToken
from metabuilder.access.services import token_find


@dataclass(frozen=True)
class Principal:
    """Who calls."""

    token: ApiToken
    is_authenticated: bool = True

    @property
    def pk(self) -> str:
        return self.token.prefix

    def __str__(self) -> str:
        return f"{self.token.name} ({self.token.prefix})"


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Principal, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        try:
            plain = words[1].decode("ascii") if len(words) == 2 else ""
        except UnicodeDecodeError:
            plain = ""
        token = token_find(plain) if plain else None
        if token is None:
            raise AuthenticationFailed("The token is unknown, expired or revoked.")
        return Principal(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="meta-builder"'
