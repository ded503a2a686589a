"""Private PostgreSQL and Valkey from wheels, so that a fresh clone runs; real servers by DATABASE_URL and CELERY_BROKER_URL."""

from metabuilder.embedded.connection import EngineTrouble, Urls, connection_urls

__all__ = ["EngineTrouble", "Urls", "connection_urls"]
