"""Every request has an id: in the answer, in every log line, in every problem and audit entry."""

import re
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from metabuilder.kernel.ids import new_id

SANE = re.compile(r"^[A-Za-z0-9_.:-]{1,64}$")


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if SANE.fullmatch(given) else new_id("req")
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self._get_response(request)
        response["X-Request-ID"] = request_id
        return response
