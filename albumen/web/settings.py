"""Every setting, from the environment. `.env.example` documents each one; a test holds the two together.

Without any configuration the service is safe to run on loopback. With `ALBUMEN_ENV=production` it refuses to start
on an unsafe setting and says which.
"""

import ipaddress
import logging
import os
import re
import sys
from datetime import timedelta
from pathlib import Path

import environ
from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from albumen import __version__
from albumen.web import bootstrap

env = bootstrap.Environment()
BASE_DIR = Path(__file__).resolve().parents[2]
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

ENVIRONMENT = env.str("ALBUMEN_ENV", default="development")
if ENVIRONMENT not in ("development", "production"):
    raise ImproperlyConfigured(f"ALBUMEN_ENV is {ENVIRONMENT!r}; it must be 'development' or 'production'.")
PRODUCTION = ENVIRONMENT == "production"

HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
DATA_DIR = Path(env.str("ALBUMEN_DATA_DIR", default="") or BASE_DIR / "data").resolve()
DEBUG = env.bool("ALBUMEN_DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALBUMEN_ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("ALBUMEN_TRUSTED_ORIGINS", default=[])
CORS_ALLOWED_ORIGINS = env.list("ALBUMEN_CORS_ORIGINS", default=[])
SECRET_KEY = env.str("ALBUMEN_SECRET_KEY", default="")

SQLITE = not env.str("DATABASE_URL", default="")
KEY_IS_KEPT = bool(SECRET_KEY) or bootstrap.may_make_key(sys.argv, DATA_DIR, sqlite=SQLITE)
if not SECRET_KEY and not PRODUCTION:
    SECRET_KEY = bootstrap.secret_key(DATA_DIR, kept=KEY_IS_KEPT)

UNSAFE_SETTINGS = bootstrap.unsafe_settings(DEBUG, SECRET_KEY, ALLOWED_HOSTS)
if PRODUCTION and UNSAFE_SETTINGS:
    faults = "\n- ".join(f"{fault}. {remedy}" for fault, remedy in UNSAFE_SETTINGS)
    raise ImproperlyConfigured(f"Unsafe settings for ALBUMEN_ENV=production:\n- {faults}")

# How many reverse proxies stand in front: so many entries from the right of X-Forwarded-For are believed, and none
# when it is 0 (then the header is a client's own invention).
TRUSTED_PROXIES = env.int("ALBUMEN_TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "albumen.web",
    "albumen.library",
    "albumen.accounts",
    "albumen.organizations",
    "albumen.plans",
    "albumen.tasks",
    "albumen.events",
    "albumen.idempotency",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_tasks",
    "django_tasks_db",
]
MIDDLEWARE = [
    "albumen.operations.middleware.RequestIdMiddleware",
    "albumen.operations.middleware.AccessLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "albumen.operations.middleware.ProbesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "albumen.operations.middleware.ContentSecurityPolicyMiddleware",
    "albumen.operations.middleware.OptionalSlashMiddleware",
    "albumen.operations.middleware.InputMiddleware",
    "albumen.operations.middleware.UploadCleanupMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "albumen.web.urls"
WSGI_APPLICATION = "albumen.server.wsgi.application"
ASGI_APPLICATION = "albumen.server.asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

THREADS = env.int("ALBUMEN_THREADS", default=32)
DATABASES = {
    "default": bootstrap.database(
        env.str("DATABASE_URL", default=""),
        data_dir=DATA_DIR,
        threads=THREADS,
        plans_kept=env.bool("ALBUMEN_PREPARED_STATEMENTS", default=True),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["albumen.accounts.backends.EmailBackend"]
PASSWORD_HASHERS = [
    "albumen.accounts.hashers.Argon2idHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "first_name", "last_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCESS_TOKEN_LIFETIME = timedelta(days=env.float("ALBUMEN_ACCESS_TOKEN_DAYS", default=7.0))
REFRESH_TOKEN_LIFETIME = timedelta(days=env.float("ALBUMEN_REFRESH_TOKEN_DAYS", default=30.0))
LOGIN_URL = "/api-auth/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 3600
CSRF_FAILURE_VIEW = "albumen.api.problems.csrf_failed"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION

# Counts of attempts, shared by every process that has this Redis; else each process counts for itself. Nothing else
# is in it: sessions and answers that are kept live in the database, and nothing uses Django's cache.
REDIS_URL = env.str("REDIS_URL", default="")
if not re.fullmatch(r"(rediss?://|redis\+unix:///).*|", REDIS_URL):
    raise ImproperlyConfigured("REDIS_URL must be like redis://host:6379/0.")
# Rates are like "10/minute"; 0 turns one off.
RATES = {
    "login": env.str("ALBUMEN_RATE_LOGIN", default="10/minute"),
    "register": env.str("ALBUMEN_RATE_REGISTER", default="60/hour"),
    "reset": env.str("ALBUMEN_RATE_RESET", default="5/hour"),
    "api": env.str("ALBUMEN_RATE_API", default="6000/minute"),
}

EMAIL_CONFIG = env.email_url("ALBUMEN_EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("ALBUMEN_EMAIL_FROM", default="Albumen <albumen@localhost>")
# Mails link to this address, never to the Host header of whoever asked for the mail.
PUBLIC_URL = env.str("ALBUMEN_PUBLIC_URL", default="") or f"http://{HOST}:{PORT}"

MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": bootstrap.storage(env.str("ALBUMEN_STORAGE_URL", default="")),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
# What browsers look for at the root of a host.
WHITENOISE_ROOT = BASE_DIR / "albumen" / "web" / "root"
WHITENOISE_AUTOREFRESH = False

DECODERS = env.int("ALBUMEN_DECODERS", default=0) or os.cpu_count() or 1
DECODER_MEMORY_MB = env.int("ALBUMEN_DECODER_MEMORY_MB", default=1536)
DECODER_SECONDS = env.float("ALBUMEN_DECODER_SECONDS", default=20.0)
# What one picture may be: its frames, and its pixels over all of them.
MAX_MEGAPIXELS = env.float("ALBUMEN_MAX_MEGAPIXELS", default=200.0)
MAX_FRAMES = env.int("ALBUMEN_MAX_FRAMES", default=500)
# The most that an archive may have, in bytes, that somebody sends to be imported; a smaller quota holds too.
IMPORT_ARCHIVE_BYTES = env.int("ALBUMEN_IMPORT_BYTES", default=4_000_000_000)
# A signed address stays the same for one period, and works for one to two of them.
SIGNED_URL_PERIOD = env.int("ALBUMEN_SIGNED_URL_SECONDS", default=6 * 3600)

# Pairs like "images.internal:8080" that linked pictures may come from although they are not public.
REMOTE_ALLOW = env.list("ALBUMEN_REMOTE_ALLOW", default=[])
for pair in REMOTE_ALLOW:
    if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[1-9][0-9]{0,4}", pair):
        raise ImproperlyConfigured(f"ALBUMEN_REMOTE_ALLOW has {pair!r}; its entries are like 'images.internal:8080'.")

# How many workers the server starts beside itself, and what carries ids to them: the database, or a broker.
WORKERS = env.int("ALBUMEN_WORKERS", default=1)
BROKER_URL = env.str("ALBUMEN_BROKER_URL", default="")
TASKS = {
    "default": {"BACKEND": "albumen.tasks.backends.CeleryBackend", "OPTIONS": {"broker": BROKER_URL}}
    if BROKER_URL
    else {"BACKEND": "django_tasks_db.DatabaseBackend"}
}
TASK_TABLE = "albumen.web.task_types"
# No settings of an operator's: tests make them shorter. How long a claim holds without a heartbeat; how often a
# worker looks for what is due, and for what was delivered; the first pause after a failure; what is not claimed so
# long after its delivery is delivered again; how long a worker that has to end waits for its handlers; and how long
# one task may keep others waiting, where it can go on later.
TASK_SECONDS = {
    "lease": 20.0,
    "tick": 3.0,
    "poll": 0.2,
    "back_off": 5.0,
    "redeliver": 15.0,
    "stop": 8.0,
    "turn": 30.0,
}

# How long a client may be silent in the middle of a body. No setting of an operator's either.
STALLED_SECONDS = 30.0

# JSON bodies and form fields beside the picture are read into memory, so they are bounded.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_HANDLERS = ["albumen.uploads.multipart.NoFiles"]

TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
USE_I18N = False

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CORS_URLS_REGEX = r"^/(api|files|links)/"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key"]
CORS_EXPOSE_HEADERS = ["X-Request-ID", "Retry-After", "Idempotency-Replayed"]

REST_FRAMEWORK = {
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
    "NUM_PROXIES": TRUSTED_PROXIES,
    # `format` is a filter of ours, not a way to choose a renderer.
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "albumen.api.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "albumen.api.problems.ProblemFormatter",
    "NESTED_FIELD_SEPARATOR": "/",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Albumen",
    "DESCRIPTION": (
        "Accounts, pictures, thumbnails per plan, and links that expire. Sign in with `POST /api/login/`, then send "
        "`Authorization: Bearer <access>`. Every refusal is an `application/problem+json` document (RFC 9457); "
        "[the errors page](/docs/errors/) describes each code. A field that nobody knows is refused. What an answer "
        "held may be sent back in a change: what cannot be written is passed over."
    ),
    "VERSION": __version__,
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    # For the file that `manage.py spectacular` writes; /api/schema/ names the address that it was asked at.
    "SERVERS": [{"url": PUBLIC_URL}],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": STATIC_URL + "web/icon.svg",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SCHEMA_PATH_PREFIX": r"/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "integer", "minimum": 1}},
    "ENUM_NAME_OVERRIDES": {
        "ErrorCode": "albumen.api.error_codes.CODES",
        "EventType": "albumen.events.serializers.TYPES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "albumen.api.openapi.for_generators",
    ],
    "TAGS": [
        {"name": "Accounts", "description": "Register, sign in, sessions, one's own profile, passwords, avatars."},
        {"name": "Users", "description": "The directory of users."},
        {"name": "Organizations", "description": "Who works together: members, and what each may do."},
        {"name": "Plans", "description": "What an account may have."},
        {"name": "Albums", "description": "Ordered choices of pictures, private, for an organization, or public."},
        {"name": "Pictures", "description": "Upload, list, read, rename, delete."},
        {"name": "Expiring links", "description": "Public links to one picture at one size, which end."},
        {
            "name": "Events",
            "description": "What happened, in a numbered log of one's own; `/ws/events/` sends it at once.",
        },
        {"name": "Tasks", "description": "What takes long and is done in the background: its progress and its end."},
        {"name": "Delivery", "description": "The image bytes behind signed and expiring addresses."},
        {"name": "Aliases", "description": "The same under other addresses and names, for older clients."},
    ],
}
UNFOLD = {
    "DASHBOARD_CALLBACK": "albumen.web.views.dashboard",
    "SITE_TITLE": "Albumen",
    "SITE_HEADER": "Albumen",
    "SITE_SYMBOL": "photo_library",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": STATIC_URL + "web/icon.svg"}],
    "SHOW_HISTORY": True,
    "SIDEBAR": {
        "navigation": [
            {
                "title": "People",
                "items": [
                    {"title": "Users", "icon": "group", "link": reverse_lazy("admin:accounts_user_changelist")},
                    {
                        "title": "Organizations",
                        "icon": "groups",
                        "link": reverse_lazy("admin:organizations_organization_changelist"),
                    },
                    {"title": "Sessions", "icon": "key", "link": reverse_lazy("admin:accounts_session_changelist")},
                    {"title": "Plans", "icon": "sell", "link": reverse_lazy("admin:plans_plan_changelist")},
                ],
            },
            {
                "title": "Pictures",
                "items": [
                    {"title": "Pictures", "icon": "image", "link": reverse_lazy("admin:library_picture_changelist")},
                    {
                        "title": "Expiring links",
                        "icon": "link",
                        "link": reverse_lazy("admin:library_expiringlink_changelist"),
                    },
                ],
            },
            {
                "title": "Work",
                "items": [
                    {"title": "Tasks", "icon": "task_alt", "link": reverse_lazy("admin:tasks_task_changelist")},
                ],
            },
            {
                "title": "Documentation",
                "items": [
                    {"title": "API", "icon": "api", "link": reverse_lazy("docs")},
                    {"title": "Error codes", "icon": "error", "link": reverse_lazy("errors")},
                ],
            },
        ],
    },
}

# Who may read /metrics: addresses and networks.
METRICS_ALLOW = env.list("ALBUMEN_METRICS_ALLOW", default=["127.0.0.0/8", "::1"])
for network in METRICS_ALLOW:
    try:
        ipaddress.ip_network(network)
    except ValueError as error:
        raise ImproperlyConfigured(f"ALBUMEN_METRICS_ALLOW: {error}.") from None
METRICS_DIR = env.str("ALBUMEN_METRICS_DIR", default="")

SENTRY_DSN = env.str("ALBUMEN_SENTRY_DSN", default="")
LOG_FORMAT = env.str("ALBUMEN_LOG_FORMAT", default="") or ("json" if PRODUCTION else "text")
if LOG_FORMAT not in ("json", "text"):
    raise ImproperlyConfigured(f"ALBUMEN_LOG_FORMAT is {LOG_FORMAT!r}; it must be 'json' or 'text'.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "albumen.operations.request_id.RequestIdFilter"}},
    "formatters": {
        "json": {"()": "albumen.operations.logs.JSONLines"},
        "text": {"()": "albumen.operations.logs.TextLines"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": env.str("ALBUMEN_LOG_LEVEL", default="INFO").upper()},
    "loggers": {
        # A line for each request.
        "albumen.access": {"level": "NOTSET" if env.bool("ALBUMEN_ACCESS_LOG", default=True) else "WARNING"},
        # Refusals are answers, not warnings; real failures still come as errors with their trace.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
        # Each delivery is a line or two there, and says nothing that a task's row does not.
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
    },
}
logging.captureWarnings(capture=True)
ENVIRONMENT_NAMES = frozenset(env.names)
