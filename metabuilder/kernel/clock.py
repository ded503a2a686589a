"""The one clock; read once an operation and passed down."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    return timezone.now()
