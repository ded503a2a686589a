"""Private PostgreSQL and Valkey from wheels, so that a fresh clone runs; real servers by DATABASE_URL and CELERY_BROKER_URL."""

from metabuilder.embedded.connection import Urls, connection_urls
from metabuilder.embedded.state import EngineTrouble

__all__ = ["EngineTrouble", "Urls", "connection_urls"]
