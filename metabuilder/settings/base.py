"""Settings of every process; values that differ between machines come from the environment, named in `.env.example`."""

from pathlib import Path

from redis.backoff import NoBackoff
from redis.retry import Retry

from metabuilder.embedded import connection_urls
from metabuilder.settings import env
from metabuilder.settings.celery import *  # noqa: F403  Django reads settings as names of one module
from metabuilder.settings.database import database_from_url
from metabuilder.settings.fleet import *  # noqa: F403
from metabuilder.settings.limits import *  # noqa: F403
from metabuilder.settings.logging import LOGGING_CONFIG_FUNCTION, logging_configure

BASE_DIR = Path(__file__).resolve().parents[2]
VERSION = "4.0.0.dev0"

# With neither variable set the embedded engines are started (or joined), so a fresh clone runs.
_urls = connection_urls(database_url=env.text("DATABASE_URL"), broker_url=env.text("CELERY_BROKER_URL"))
DATABASES = {"default": database_from_url(_urls.database_url)}
CELERY_BROKER_URL = _urls.broker_url
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _urls.broker_url,
        # A guard that waits for a dead cache would be no guard that fails open.
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 0)},
    }
}

STATE_DIR = _urls.state_dir
SECRET_KEY = env.text("DJANGO_SECRET_KEY") or _urls.secret_key
DEBUG = env.boolean("DJANGO_DEBUG", False)
ALLOWED_HOSTS = env.words("DJANGO_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("DJANGO_CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_prometheus",
    "metabuilder.audit",
    "metabuilder.tenancy",
    "metabuilder.access",
    "metabuilder.api",
    "fleet",
    "budgets",
    "canary",
    "chaos",
    "repairs",
    "metabuilder.console",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "metabuilder.api.request_id.RequestIdMiddleware",
    "metabuilder.access.throttles.RateLimitHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "metabuilder.urls"
WSGI_APPLICATION = "metabuilder.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(STATE_DIR / "artifacts")}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["metabuilder.access.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["metabuilder.access.permissions.IsViewer"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["metabuilder.access.throttles.TokenThrottle"],
    "DEFAULT_SCHEMA_CLASS": "metabuilder.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "metabuilder.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Meta-Builder v4",
    "VERSION": "4",
    "DESCRIPTION": "A build that repairs itself, and a control room that operators trust.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "metabuilder.api.schema.add_problems"],
    # From the wheel, so that /api/docs/ works without the internet.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Dotted names of job middleware, outermost first; chaos enters here and nobody imports it.
JOB_MIDDLEWARE: list[str] = []

# Where POST /runs may read a tree by path; empty: by upload or git only.
SOURCE_ROOTS = env.words("META_V4_SOURCE_ROOTS")
GIT_PROTOCOLS = env.words("META_V4_GIT_PROTOCOLS", "https,ssh,git")
SOURCE_MAX_BYTES = env.integer("META_V4_SOURCE_MAX_BYTES", 512 * 1024**2, minimum=1)
SANDBOX_BACKEND = env.text("META_V4_SANDBOX_BACKEND", "auto")  # auto, bwrap, sandlock or rlimits
SANDBOX_REQUIRED = env.boolean("META_V4_SANDBOX_REQUIRED", True)  # refuse to run without isolation
SANDBOX_MEMORY_BYTES = env.integer("META_V4_SANDBOX_MEMORY_BYTES", 4 * 1024**3, minimum=64 * 1024**2)
PACKAGE_INDEX_URLS = env.words("META_V4_PACKAGE_INDEX_URLS", "https://pypi.org/simple")

LOGGING_CONFIG = LOGGING_CONFIG_FUNCTION
logging_configure(level=env.text("META_V4_LOG_LEVEL", "INFO"), is_json=env.boolean("META_V4_LOG_JSON", False))
