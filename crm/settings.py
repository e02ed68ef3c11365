"""Settings, in Django's order. Values come from the environment; a wrong one stops the start with a sentence."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.str("REDATE_VAR", str(BASE_DIR / "var")))  # the database file, logs, compiled things
SAMPLE_SECRET = "insecure-sample-secret-for-development-only"  # noqa: S105 it is refused with DEBUG=0

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", SAMPLE_SECRET if DEBUG else "")
if not DEBUG and (not SECRET_KEY or SECRET_KEY == SAMPLE_SECRET or len(SECRET_KEY) < 32):
    raise ImproperlyConfigured(
        "SECRET_KEY is missing, too short or the sample one. "
        "Set SECRET_KEY to 50 random characters, or DEBUG=1 for development."
    )
DEMO = env.bool("DEMO", DEBUG)
if DEMO and not DEBUG:
    raise ImproperlyConfigured("DEMO shows sign-ins on the sign-in page. It works with DEBUG=1 only.")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PROXIES = env.int("PROXIES", 0)  # how many reverse proxies stand before us

INSTALLED_APPS = [
    "audit",  # before records and crm: triggers, then roles and presets
    "records",
    "crm",
    "django.contrib.admin.apps.SimpleAdminConfig",  # crm/admin_site.py: a look at every table
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "simple_history",
    "guardian",
    "allauth",
    "allauth.account",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "crm.uploads.upload_limit",  # before anything reads a form
    "django.middleware.csrf.CsrfViewMiddleware",
    "crm.texts.NoNul",  # after the token is checked
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "crm.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
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
                "crm.context.site",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "crm.templatetags.redate"],
        },
    }
]

VAR.mkdir(parents=True, exist_ok=True)
DATABASES = {"default": env.db_url("DATABASE_URL", f"sqlite:///{VAR / 'redate.sqlite3'}")}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = 600
_database.setdefault("OPTIONS", {})
if _database["ENGINE"].endswith("sqlite3"):
    _sync = env.str("SQLITE_SYNCHRONOUS", "NORMAL")  # FULL survives a power cut and costs two thirds of the write rate
    if _sync not in ("NORMAL", "FULL", "OFF"):
        raise ImproperlyConfigured("SQLITE_SYNCHRONOUS is NORMAL or FULL.")
    _database["OPTIONS"] |= {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # 16 MB of pages at hand, not SQLite's 2
        "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={_sync}; PRAGMA cache_size=-16000;",
    }
    _database["TEST"] = {"NAME": VAR / "test.sqlite3"}  # a file: memory databases lock differently
elif _database["ENGINE"].endswith("postgresql"):
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"]["options"] = "-c lock_timeout=8000 -c timezone=UTC"  # reaches advisory locks too
else:
    raise ImproperlyConfigured("DATABASE_URL names neither sqlite nor postgres.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "crm_cache"}}

AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = ["crm.backends.SignInOnly", "records.access.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "crm.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]  # no sign-up: the adapter closes it
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger's address gets no mail from us, and there is no sign-up to offer
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Redate] "
ACCOUNT_FORMS = {"login": "crm.people.forms.LoginForm"}
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "crm" / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
HTTPS = env.bool("HTTPS", not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
CSRF_FAILURE_VIEW = "crm.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "redate@localhost")
EMAIL_SUBJECT_PREFIX = ACCOUNT_EMAIL_SUBJECT_PREFIX
EMAIL_TIMEOUT = 30  # seconds; a mail server that hangs must not hold the worker
SITE_URL = env.str("SITE_URL", "http://localhost:8000")  # where the links in mails lead
if not SITE_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured("SITE_URL is the address of this site, like https://crm.example.")

SAMPLE_SEAL_KEY = "insecure-sample-seal-key-for-development-only"
SEAL_KEY = env.str("SEAL_KEY", SAMPLE_SEAL_KEY if DEBUG else "")  # 50 random characters, kept elsewhere too
if not DEBUG and SEAL_KEY == SAMPLE_SEAL_KEY:
    SEAL_KEY = ""  # nothing is sealed then; `check --deploy` says so
SEAL_KEYS_OLD = env.list("SEAL_KEYS_OLD", default=[])  # keys of older seals, to verify those
SEAL_EVERY = env.int("SEAL_EVERY", 60)  # minutes
SEAL_HEADS = env.str("SEAL_HEADS", str(VAR / "heads.jsonl"))  # a file, best on another machine; "" for none
SEAL_MAIL = env.list("SEAL_MAIL", default=[])  # addresses that get every head

BACKUP_DIR = env.str("BACKUP_DIR", str(VAR / "backups"))  # best on another disk, and copied to another machine
BACKUP_KEEP = env.int("BACKUP_KEEP", 0)  # so many stay in a folder; 0 keeps all
PG_BIN = env.str("PG_BIN", "")  # the folder of pg_dump and pg_restore, where they are not found by themselves

SIMPLE_HISTORY_DATE_INDEX = False
ANONYMOUS_USER_NAME = None  # guardian: there is no anonymous person
GUARDIAN_MONKEY_PATCH_USER = GUARDIAN_MONKEY_PATCH_GROUP = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # our backend extends guardian's: records/access.py

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING")},
}
