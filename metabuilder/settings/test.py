"""Settings of the test suite: the real engines, fast passwords."""

from metabuilder.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
