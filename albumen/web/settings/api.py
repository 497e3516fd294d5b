"""The settings of the API (REST framework) and of its description (drf-spectacular)."""

from typing import Any

from albumen import __version__

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "albumen.accounts.authentication.BearerAuthentication",
        "albumen.accounts.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": [
        "albumen.api.renderers.JSONRenderer",
        "albumen.api.renderers.BrowsableRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "albumen.uploads.parsers.JSONParser",
        "albumen.uploads.parsers.MultiPartParser",
        "albumen.uploads.parsers.FormParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "albumen.api.renderers.Negotiation",
    "DEFAULT_PAGINATION_CLASS": "albumen.api.pagination.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": ["albumen.api.throttling.ApiThrottle"],
    "DEFAULT_METADATA_CLASS": "albumen.api.metadata.Metadata",
    "DEFAULT_SCHEMA_CLASS": "albumen.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    # `format` is a filter of lists, and chooses no renderer.
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "albumen.api.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "albumen.api.problems.ProblemFormatter",
    "NESTED_FIELD_SEPARATOR": "/",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Albumen",
    "DESCRIPTION": (
        "Accounts, pictures, thumbnails per plan, and links that expire. Log in with `POST /api/login/`, then send "
        "`Authorization: Bearer <access>`. Every error is an `application/problem+json` document (RFC 9457); "
        "[the errors page](/docs/errors/) describes each code. An unknown field is an error. A change may repeat "
        "everything that a response contained: read-only fields are ignored."
    ),
    "VERSION": __version__,
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SCHEMA_PATH_PREFIX": r"/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "integer", "minimum": 1}},
    "ENUM_NAME_OVERRIDES": {
        "ErrorCode": "albumen.error_codes.CODES",
        "EventType": "albumen.events.serializers.TYPES",
    },
    "GET_LIB_DOC_EXCLUDES": "albumen.api.openapi.undescribing_classes",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "albumen.api.openapi.for_generators",
    ],
    "TAGS": [
        {
            "name": "Accounts",
            "description": "Registration, sign-in, your sessions, your own record, passwords and avatars.",
        },
        {"name": "Users", "description": "The directory of users."},
        {"name": "Organizations", "description": "Groups of users: their members, and what each member may do."},
        {
            "name": "Plans",
            "description": "What an account may have: thumbnail heights, originals, expiring links and limits.",
        },
        {"name": "Albums", "description": "Ordered collections of pictures: private, for an organization, or public."},
        {
            "name": "Pictures",
            "description": "Upload, list, read, rename and delete pictures; restore them from the trash.",
        },
        {
            "name": "Expiring links",
            "description": "Public links to a picture at one size, which expire after a set time.",
        },
        {
            "name": "Events",
            "description": "A numbered log of what happened, for each user; `/ws/events/` sends new events at once.",
        },
        {"name": "Tasks", "description": "Work in the background: its progress and results."},
        {"name": "Delivery", "description": "The image bytes behind signed URLs and expiring links."},
        {
            "name": "Aliases",
            "description": "The same operations under other URLs and field names, for clients of other services.",
        },
    ],
}
