"""The OpenAPI description of each operation, with the errors that it can return."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.serializers import CharField, ChoiceField, IntegerField, Serializer

from albumen.error_codes import CODES
from albumen.idempotency.views import HEADER, REPLAYED

REFUSALS = {
    "400": "The input is not valid; `errors` points at each field.",
    "401": "Nobody is signed in, or the token does not hold.",
    "403": "Signed in, but not allowed.",
    "404": "There is nothing here, or the caller may not know of it.",
    "409": "Contradicts the present state.",
    "410": "It was here, and is not any more.",
    "413": "Larger than is allowed.",
    "415": "The body's media type is not one of those above.",
    "416": "The range lies outside of the file.",
    "429": "Too many requests; `Retry-After` says when to come back, in seconds.",
    "503": "A part of the service does not answer; `Retry-After` says when to try again.",
    "507": "The storage is full.",
}


ONCE = [
    OpenApiParameter(
        HEADER,
        {"type": "string", "pattern": "^[!-~]{1,255}$", "minLength": 1, "maxLength": 255},
        OpenApiParameter.HEADER,
        description=(
            "Makes it safe to send a request again: within 24 hours the same key with the same request gives the "
            "first answer and makes nothing more, however many come at once; with another request it is a 409. A "
            "refusal frees the key. Keys are each user's own, or each address's where nobody is signed in. A UUID is "
            "a good one. A file counts by its bytes, whatever its name and encoding."
        ),
    ),
    OpenApiParameter(
        REPLAYED,
        {"type": "string", "enum": ["true"]},
        OpenApiParameter.HEADER,
        response=[200, 201, 202],
        description="Present where this is the first answer to the key, given again.",
    ),
]


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "albumen.accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class CookieScheme(OpenApiAuthenticationExtension):
    target_class = "albumen.accounts.authentication.CookieAuthentication"
    name = "cookie"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class ProblemError(Serializer[Any]):
    pointer = CharField(help_text="JSON pointer (RFC 6901) to the field.")
    code = ChoiceField(CODES)
    detail = CharField()


class Problem(Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = CharField(help_text="Leads to the page of the documentation about `code`.")
    title = CharField()
    status = IntegerField()
    detail = CharField(help_text="What is wrong, and what to do.")
    code = ChoiceField(CODES)
    request_id = CharField()
    oldest = IntegerField(required=False, help_text="With `events_pruned`: the id of the oldest event there is.")
    errors = ProblemError(  # type: ignore[assignment]  # a serializer's own property, and RFC 9457's usual name
        many=True, required=False, help_text="For bad input, one for each field."
    )


class AutoSchema(SpectacularSchema):
    """Adds the errors that follow from what an operation takes, those in the view's `refusals`, and the headers of
    operations with an `Idempotency-Key`."""

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular asks without arguments
        # The docstrings of views are for readers of the code, not of the API.
        return ""

    def map_parsers(self) -> list[str]:
        # Forms are taken too, but generators stumble over a choice; where files go, the view names multipart.
        return ["application/json"]

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = super().get_override_parameters()
        return [*parameters, *ONCE] if self._creates_once() else parameters

    def _creates_once(self) -> bool:
        return getattr(getattr(self.view, self.method.lower(), None), "creates_once", False)

    def get_operation_id(self) -> str:
        operation_id: str = super().get_operation_id()
        return f"alias_{operation_id}" if self.get_tags() == ["Aliases"] else operation_id

    def _get_request_body(self, direction: Any = "request") -> Any:
        if self.method != "DELETE" or not getattr(self.view, "delete_takes_body", False):
            body = super()._get_request_body(direction)
            if body and "multipart/form-data" in body["content"]:
                # Each of its fields may be absent, but not all of them.
                body["required"] = True
            return body
        # Left out by default, since HTTP gives such a body no meaning of its own; this view does.
        self.method = "POST"
        try:
            return super()._get_request_body(direction)
        finally:
            self.method = "DELETE"

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        fields = force_instance(serializer).fields.values()
        # A shape with read-only fields serves both ways: what may be left out of a request is in every answer.
        if direction == "response" and any(field.read_only for field in fields):
            schema["required"] = sorted(field.field_name for field in fields if not field.write_only)
        return schema

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        problem = self.resolve_serializer(Problem, direction).ref
        for code in sorted(self._refusals()):
            responses.setdefault(
                code,
                {
                    "description": REFUSALS[code],
                    "content": {"application/problem+json": {"schema": problem}},
                },
            )
        return responses

    def _refusals(self) -> set[str]:
        codes = {"429"}
        public = all(isinstance(permission, AllowAny) for permission in self.view.get_permissions())
        # A token or cookie that does not hold, or lacks its CSRF token, is refused on public addresses too.
        if self.view.authentication_classes:
            codes |= {"401", "403"} if not public else {"401"}
        if self.view.kwargs or "{" in self.path:
            codes.add("404")
        if self.method in ("POST", "PUT", "PATCH"):
            codes |= {"400", "413", "415"}
        if self.method in ("POST", "PUT", "PATCH", "DELETE"):
            codes |= {"403", "503"}
        if self._is_list_view():
            codes.add("400")
        if self._creates_once():
            codes.add("409")
        return codes | {str(code) for code in getattr(self.view, "refusals", {}).get(self.method, ())}

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.method == "GET" and bool(getattr(self.view, "ordering_fields", None))

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        query_class = getattr(self.view, "query_class", None)
        if query_class is None or not self._is_list_view():
            return []
        mapped = self._map_serializer(query_class(), "request")
        return [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in mapped["properties"].items()
        ]
