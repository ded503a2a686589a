"""Readers of environment variables: the only place that looks at the environment; loud when a value is wrong."""

import os
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ImproperlyConfigured

_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def text(name: str, default: str = "", environ: Mapping[str, str] = os.environ) -> str:
    return environ.get(name, "").strip() or default


def boolean(name: str, default: bool, environ: Mapping[str, str] = os.environ) -> bool:
    value = text(name, environ=environ).lower()
    if not value:
        return default
    if value not in _WORDS:
        raise ImproperlyConfigured(f"{name}={value!r} is no yes or no. Use true or false.")
    return _WORDS[value]


def integer(name: str, default: int, *, minimum: int = 0, maximum: int | None = None, environ: Mapping[str, str] = os.environ) -> int:
    value = text(name, environ=environ)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is no whole number.") from None
    if number < minimum or (maximum is not None and number > maximum):
        raise ImproperlyConfigured(
            f"{name}={number} is out of range; it must be at least {minimum}" + (f" and at most {maximum}." if maximum is not None else ".")
        )
    return number


def decimal(name: str, default: str, *, minimum: str = "0", environ: Mapping[str, str] = os.environ) -> Decimal:
    value = text(name, environ=environ) or default
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ImproperlyConfigured(f"{name}={value!r} is no number.") from None
    if not number.is_finite() or number < Decimal(minimum):
        raise ImproperlyConfigured(f"{name}={value} is out of range; it must be at least {minimum}.")
    return number


def words(name: str, default: str = "", environ: Mapping[str, str] = os.environ) -> list[str]:
    return [word.strip() for word in text(name, default, environ).split(",") if word.strip()]
