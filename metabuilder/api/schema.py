"""The OpenAPI schema: names that do not collide, and problems as the answer to everything that goes wrong."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from metabuilder.api.problems import CONTENT_TYPE, STATUSES

METHODS = ("get", "post", "put", "patch", "delete")


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "metabuilder.access.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "`metabuilder token create NAME --role operator` makes one."}


class ApiSchema(AutoSchema):
    """A nested `Input` or `Output` is named after its view: `RunCancelApi.Input` becomes `RunCancelInput`."""

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: str) -> str:
        owner, _, name = type(serializer).__qualname__.rpartition(".")
        return owner.rpartition(".")[2].removesuffix("Api") + name


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: what goes wrong is a problem; 404 only where a path names a thing, 409 and 422 only where one writes."""
    result["components"].setdefault("schemas", {})["Problem"] = _problem_schema()
    for path, item in result["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                for status in _statuses(path, method):
                    operation["responses"].setdefault(str(status), _response(status))
    return result


def _statuses(path: str, method: str) -> list[int]:
    statuses = [400, 401, 403, 429, 500, 503]
    return sorted(statuses + ([404] if "{" in path else []) + ([409, 422] if method != "get" else []))


def _response(status: int) -> dict[str, Any]:
    codes = [code for code, (its, _) in STATUSES.items() if its == status]
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    response: dict[str, Any] = {"description": "code: " + ", ".join(codes), "content": content}
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    return response


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "RFC 9457 problem details",
        "required": ["type", "title", "status", "code", "detail", "hint", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": text,
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": sorted(STATUSES)},
            "detail": text,
            "hint": {**text, "description": "how to mend it"},
            "request_id": {**text, "description": "the same as in the X-Request-ID header and in the log"},
            "errors": {"type": "object", "description": "messages by field, where code is invalid_input", "additionalProperties": True},
        },
        "additionalProperties": True,
    }
