"""Errors as RFC 9457 problem details; the only place that gives domain codes an HTTP status."""

from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from metabuilder.kernel.errors import DomainError

log = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"
TYPE = "https://meta-builder.invalid/errors/"
API_PREFIX = "/api/"
LOOK = "Look at /api/docs/ for what there is."

# code -> (HTTP status, title); docs/api.md shows this table.
STATUSES = {
    "invalid_input": (400, "The request is not valid"),
    "not_authenticated": (401, "A valid token is needed"),
    "budget_exhausted": (402, "The budget does not allow it"),
    "forbidden": (403, "The token may not do this"),
    "not_found": (404, "There is no such thing"),
    "method_not_allowed": (405, "This method is not offered here"),
    "not_acceptable": (406, "No such representation"),
    "conflict": (409, "It is not in a state for this"),
    "lease_lost": (409, "The job was given to another worker"),
    "unsupported_media_type": (415, "This content type is not taken"),
    "idempotency_key_reused": (422, "The key belongs to another request"),
    "queue_full": (429, "The queue is full"),
    "throttled": (429, "Too many requests"),
    "error": (500, "The platform failed"),
    "queue_draining": (503, "No new work is taken"),
    "unavailable": (503, "A part of the platform does not answer"),
}
_DRF_CODES: tuple[tuple[type[Exception], str, str], ...] = (
    (exceptions.ValidationError, "invalid_input", "Mend the fields named in `errors`."),
    (exceptions.ParseError, "invalid_input", "Send a JSON object, or a multipart form."),
    (exceptions.NotAuthenticated, "not_authenticated", "Send `Authorization: Bearer TOKEN`; `metabuilder token create` makes one."),
    (exceptions.AuthenticationFailed, "not_authenticated", "Send `Authorization: Bearer TOKEN`; `metabuilder token create` makes one."),
    (exceptions.PermissionDenied, "forbidden", "Use a token with a higher role."),
    (exceptions.NotFound, "not_found", LOOK),
    (Http404, "not_found", LOOK),
    (exceptions.MethodNotAllowed, "method_not_allowed", "The header Allow names the methods."),
    (exceptions.NotAcceptable, "not_acceptable", "Ask for application/json."),
    (exceptions.UnsupportedMediaType, "unsupported_media_type", "Send application/json or multipart/form-data."),
    (exceptions.Throttled, "throttled", "Wait as long as Retry-After says."),
)
_UNAVAILABLE_RETRY_SECONDS = 5


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: every refusal becomes a problem; what is none of ours is left to Django's 500."""
    if isinstance(error, DomainError):
        return _from_domain(error)
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable(error)
    response = drf_handler(error, context)
    if response is None:
        return None
    code, hint = next(((code, hint) for kind, code, hint in _DRF_CODES if isinstance(error, kind)), ("error", ""))
    errors = response.data if isinstance(error, exceptions.ValidationError) else None
    detail = "Some fields are not valid." if errors else str(getattr(error, "detail", error) or STATUSES[code][1])
    response.data = problem(code, detail=detail, hint=hint, errors=errors)
    response.content_type = CONTENT_TYPE
    return response


def problem(code: str, *, detail: str, hint: str = "", errors: Any = None, **extra: Any) -> dict[str, Any]:
    """The document of one problem; `extra` adds members and never replaces one."""
    status, title = STATUSES.get(code, STATUSES["error"])
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    document = {"type": TYPE + code, "title": title, "status": status, "code": code, "detail": detail, "hint": hint}
    return extra | document | {"request_id": request_id} | ({"errors": errors} if errors else {})


def _from_domain(error: DomainError) -> Response:
    status, _ = STATUSES.get(error.code, STATUSES["error"])
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_seconds)))
    document = problem(error.code, detail=error.detail, hint=error.hint, **error.extra)
    return Response(document, status=status, headers=headers, content_type=CONTENT_TYPE)


def _unavailable(error: Exception) -> Response:
    """The database is away or gave up: the caller may come back; the log knows more than the answer says."""
    log.error("database_unavailable", exc_info=error)
    document = problem("unavailable", detail="The database did not answer.", hint="GET /health says what is away; then repeat the request.")
    return Response(document, status=503, headers={"Retry-After": str(_UNAVAILABLE_RETRY_SECONDS)}, content_type=CONTENT_TYPE)


def unknown_address(request: HttpRequest) -> JsonResponse:
    """A view for every address below /api/ that is none."""
    return _page("not_found", f"There is nothing at {request.path}.", LOOK)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    if not request.path.startswith(API_PREFIX):
        return defaults.page_not_found(request, exception)
    return unknown_address(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a hostile host name, too many fields, a broken header."""
    if not request.path.startswith(API_PREFIX):
        return defaults.bad_request(request, exception)
    return _page("invalid_input", "The request cannot be read.", "Check its host name, headers and size.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    if not request.path.startswith(API_PREFIX):
        return defaults.permission_denied(request, exception)
    return _page("forbidden", "This is not allowed.", "Use a token with a higher role.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: says nothing of the inside; the log has it under the request's id."""
    if not request.path.startswith(API_PREFIX):
        return defaults.server_error(request)
    return _page("error", "The platform failed on this request; the log has it under request_id.", "Try again, then tell an operator.")


def _page(code: str, detail: str, hint: str) -> JsonResponse:
    return JsonResponse(problem(code, detail=detail, hint=hint), status=STATUSES[code][0], content_type=CONTENT_TYPE)
