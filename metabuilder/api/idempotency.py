"""`Idempotency-Key`: a write sent twice is done once, and both callers get the same answer."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from metabuilder.api.models import IdempotentAnswer
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import Conflict, DomainError, InvalidInput

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
WAIT_MILLISECONDS = 10_000
REPLAYED_HEADERS = ("Location",)
LOCK_NOT_AVAILABLE = "55P03"
P = ParamSpec("P")
V = TypeVar("V", bound=APIView)
Handler = Callable[Concatenate[V, Request, P], Response]


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    hint = "Use a new key for another request; repeat a request as it was."


def idempotent(handler: Handler[V, P]) -> Handler[V, P]:
    """Decorator of a view's method: with an Idempotency-Key the first answer is kept for a day and given again.

    The call and its kept answer are one transaction. Of two at once the second waits for the first, at most 10 s (then 409 with
    Retry-After). The same key with another body is 422. A call that was refused or failed keeps nothing.
    """

    @wraps(handler)
    def answer(view: V, request: Request, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        row = _wanted(request, _checked(key))
        _forget_old()
        try:
            with transaction.atomic():
                _claim(row)
                response = handler(view, request, *args, **kwargs)
                _keep(row, response)
                return response
        except _AnsweredBefore:
            return _replay(row)

    return cast(Handler[V, P], answer)


class _AnsweredBefore(Exception):
    """Somebody has answered this key; leave the transaction and look."""


def _checked(key: str) -> str:
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise InvalidInput(f"{HEADER} must be 1 to 255 printable ASCII characters.", hint="A UUID will do.")
    return key


def _wanted(request: Request, key: str) -> IdempotentAnswer:
    return IdempotentAnswer(
        token_id=request.auth.pk,
        key=key,
        route=f"{request.method} {request.path}"[:500],
        body_digest=_body_digest(request),
        created_at=now(),
    )


def _body_digest(request: Request) -> str:
    """The same for two bodies that say the same; files count by their content."""
    digest = hashlib.sha256(request.META.get("QUERY_STRING", "").encode())
    data = request.data
    fields = {name: [_field(value) for value in values] for name, values in data.lists()} if hasattr(data, "lists") else data
    digest.update(json.dumps(fields, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _field(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return {"name": value.name, "sha256": digest.hexdigest()}


def _claim(row: IdempotentAnswer) -> None:
    """Write the row; while another transaction holds the same key this waits for its end."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {WAIT_MILLISECONDS}")
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise _AnsweredBefore from None
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", None) != LOCK_NOT_AVAILABLE:
            raise
        raise Conflict("The first request with this key is still being answered.", retry_after_seconds=5.0) from None
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = DEFAULT")


def _keep(row: IdempotentAnswer, response: Response) -> None:
    """Keep an answer in the form in which it leaves; one that is no success undoes the call's writes."""
    if not 200 <= response.status_code < 300:
        transaction.set_rollback(True)
        return
    row.status = response.status_code
    row.body = json.loads(JSONRenderer().render(response.data)) if response.data is not None else None
    row.headers = {name: response[name] for name in REPLAYED_HEADERS if response.has_header(name)}
    row.save(update_fields=["status", "body", "headers"])


def _replay(wanted: IdempotentAnswer) -> Response:
    held = IdempotentAnswer.objects.get(token_id=wanted.token_id, key=wanted.key, route=wanted.route)
    if held.body_digest != wanted.body_digest:
        raise IdempotencyKeyReused("This key was used with another body.")
    return Response(held.body, status=held.status, headers={**held.headers, "Idempotency-Replayed": "true"})


def _forget_old() -> None:
    """Drop what is older than a day, outside of the call's transaction, so that nobody waits for a row that goes away."""
    IdempotentAnswer.objects.filter(created_at__lt=now() - KEPT_FOR).delete()
