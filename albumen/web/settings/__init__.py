"""The settings, read from the environment. `.env.example` documents each one; a test compares the two.

Without any configuration the service is safe to run on loopback. With `ALBUMEN_ENV=production` it refuses to start on
an unsafe setting, and names it.
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

from albumen.web import bootstrap
from albumen.web.settings.admin_panel import UNFOLD as UNFOLD
from albumen.web.settings.api import DRF_STANDARDIZED_ERRORS as DRF_STANDARDIZED_ERRORS
from albumen.web.settings.api import REST_FRAMEWORK, SPECTACULAR_SETTINGS

env = bootstrap.Environment()
BASE_DIR = Path(__file__).resolve().parents[3]
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

# So many entries of X-Forwarded-For are believed, counted from the right. With 0 the header is ignored, because any
# client can send it.
TRUSTED_PROXIES = env.int("ALBUMEN_TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Sent in responses over HTTPS only, which the header above tells.
HSTS_DEFAULT = 365 * 24 * 3600 if PRODUCTION and TRUSTED_PROXIES else 0
SECURE_HSTS_SECONDS = env.int("ALBUMEN_HSTS_SECONDS", default=HSTS_DEFAULT)

INSTALLED_APPS = [
    "albumen.web",
    "albumen.library",
    "albumen.accounts",
    "albumen.organizations",
    "albumen.plans",
    "albumen.mails",
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
]
MIDDLEWARE = [
    "albumen.operations.middleware.RequestIdMiddleware",
    "albumen.operations.middleware.AccessLogMiddleware",
    "albumen.operations.middleware.ClientMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "albumen.operations.middleware.ProbesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "albumen.operations.middleware.ContentSecurityPolicyMiddleware",
    "albumen.operations.middleware.PrivacyMiddleware",
    "albumen.operations.middleware.OptionalSlashMiddleware",
    "albumen.operations.middleware.LanguageMiddleware",
    "albumen.operations.middleware.InputMiddleware",
    "albumen.operations.middleware.UploadCleanupMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "albumen.accounts.authentication.CookieMiddleware",
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
COMPILED_QUERIES = env.bool("ALBUMEN_COMPILED_QUERIES", default=True)
# Whether the commonest reads are answered in front of Django (`albumen/fastpath`).
FAST_PATHS = env.bool("ALBUMEN_FAST_PATHS", default=True)
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
# Who may register; `albumen/accounts/services/signup.py` says what each means.
SIGNUP = env.str("ALBUMEN_SIGNUP", default="open")
if SIGNUP not in ("open", "verified", "invited", "closed"):
    raise ImproperlyConfigured(f"ALBUMEN_SIGNUP is {SIGNUP!r}; it must be 'open', 'verified', 'invited' or 'closed'.")
LOGIN_URL = "/api-auth/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 3600
CSRF_FAILURE_VIEW = "albumen.api.problems.csrf_failed"
SESSION_COOKIE_AGE = min(14 * 24 * 3600, int(REFRESH_TOKEN_LIFETIME.total_seconds()))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION

# For rate limits alone: sessions and idempotent responses are in the database, and nothing uses Django's cache.
REDIS_URL = env.str("REDIS_URL", default="")
if not re.fullmatch(r"(rediss?://|redis\+unix:///).*|", REDIS_URL):
    raise ImproperlyConfigured("REDIS_URL must be like redis://host:6379/0.")
# Rates are like "5/minute" or "5/minute,30/hour"; "0" turns a limit off.
RATES = {
    "login": env.str("ALBUMEN_RATE_LOGIN", default="5/minute,30/hour"),
    "register": env.str("ALBUMEN_RATE_REGISTER", default="60/hour"),
    "reset": env.str("ALBUMEN_RATE_RESET", default="5/hour"),
    "verify": env.str("ALBUMEN_RATE_VERIFY", default="5/hour"),
    "invite": env.str("ALBUMEN_RATE_INVITE", default="30/hour"),
    "invite_organization": env.str("ALBUMEN_RATE_INVITE_ORGANIZATION", default="200/day"),
    "api": env.str("ALBUMEN_RATE_API", default="6000/minute"),
}

# How many invitations of one organization may be pending, and how many organizations an account may own.
MAX_INVITATIONS = env.int("ALBUMEN_MAX_INVITATIONS", default=500)
MAX_ORGANIZATIONS = env.int("ALBUMEN_MAX_ORGANIZATIONS", default=100)

EMAIL_CONFIG = env.email_url("ALBUMEN_EMAIL_URL", default="consolemail://")
if EMAIL_CONFIG["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend":
    EMAIL_CONFIG["EMAIL_BACKEND"] = "albumen.mails.console.EmailBackend"
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("ALBUMEN_EMAIL_FROM", default="Albumen <albumen@localhost>")
# E-mails link to this address, and never to the Host header of the request, which an attacker can choose.
PUBLIC_URL = env.str("ALBUMEN_PUBLIC_URL", default="") or f"http://{HOST}:{PORT}"

MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": bootstrap.storage(env.str("ALBUMEN_STORAGE_URL", default="")),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
X_ACCEL = env.bool("ALBUMEN_X_ACCEL", default=False)
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
# Files that browsers request at the root of a host, like /favicon.ico.
WHITENOISE_ROOT = BASE_DIR / "albumen" / "web" / "root"
WHITENOISE_AUTOREFRESH = False

DECODERS = env.int("ALBUMEN_DECODERS", default=0) or os.cpu_count() or 1
DECODER_MEMORY_MB = env.int("ALBUMEN_DECODER_MEMORY_MB", default=1536)
DECODER_SECONDS = env.float("ALBUMEN_DECODER_SECONDS", default=20.0)
# The limits of one picture; pixels are summed over all frames.
MAX_MEGAPIXELS = env.float("ALBUMEN_MAX_MEGAPIXELS", default=200.0)
MAX_FRAMES = env.int("ALBUMEN_MAX_FRAMES", default=500)
# The largest archive that may be imported, in bytes, if the user's quota is not smaller.
IMPORT_ARCHIVE_BYTES = env.int("ALBUMEN_IMPORT_BYTES", default=4_000_000_000)
# The most albums of an account.
MAX_ALBUMS = env.int("ALBUMEN_MAX_ALBUMS", default=10_000)
# A signed URL stays the same for one period (seconds), so that browsers can cache it, and works for one to two.
SIGNED_URL_PERIOD = env.int("ALBUMEN_SIGNED_URL_SECONDS", default=6 * 3600)

# Non-public hosts that linked pictures may come from, like "images.internal:8080".
REMOTE_ALLOW = env.list("ALBUMEN_REMOTE_ALLOW", default=[])
for pair in REMOTE_ALLOW:
    if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[1-9][0-9]{0,4}", pair):
        raise ImproperlyConfigured(f"ALBUMEN_REMOTE_ALLOW has {pair!r}; its entries are like 'images.internal:8080'.")

# How many workers the server starts beside itself, and the Redis that wakes workers on other machines, if any.
WORKERS = env.int("ALBUMEN_WORKERS", default=1)
BROKER_URL = env.str("ALBUMEN_BROKER_URL", default="")
# Not for operators: tests make them shorter.
TASK_SECONDS = {
    "lease": 20.0,  # how long a claim holds unless it is extended
    "tick": 3.0,  # how often a worker looks for lapsed claims and for periodic work to start
    "poll": 0.2,  # how often a thread looks for a task
    "poll_beside_broker": 5.0,  # where a broker wakes it
    "back_off": 5.0,  # the first pause after a failure
    "stop": 8.0,  # how long a worker that has to end waits for its handlers
    "turn": 30.0,  # how long a task that can go on later may keep others waiting
}

# No settings of an operator's either: how long a client may be silent in the middle of a body, how long the head of a
# request may take, and the most connections of a process (fewer if it may open fewer files).
STALLED_SECONDS = 30.0
HEAD_SECONDS = 30.0
MOST_CONNECTIONS = 10_000

# JSON bodies and the text fields of forms are read into memory, so their size is limited.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_HANDLERS = ["albumen.uploads.multipart.NoFiles"]

TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["albumen.web.formats"]
LANGUAGES = [("en", "English"), ("ru", "Русский")]
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "albumen" / "locale"]

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CORS_URLS_REGEX = r"^/(api|files|links)/"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key"]
CORS_EXPOSE_HEADERS = ["X-Request-ID", "Retry-After", "Idempotency-Replayed"]

REST_FRAMEWORK["NUM_PROXIES"] = TRUSTED_PROXIES
# In the file that `manage.py spectacular` writes; /api/schema/ names the address that it was requested at.
SPECTACULAR_SETTINGS["SERVERS"] = [{"url": PUBLIC_URL}]

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
        # A 4xx response is no warning; failures are still logged as errors with their traceback.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
        # Below warnings are the whole addresses and frames of WebSockets, which may hold tokens.
        "uvicorn.error": {"level": "WARNING"},
        # A line or two for each id that it carries.
        "celery": {"level": "WARNING"},
    },
}
logging.captureWarnings(capture=True)
ENVIRONMENT_NAMES = frozenset(env.names)
NUMBERS = env.numbers
