"""Meta-Builder v4: a build that repairs itself, and a control room that operators trust."""

from metabuilder.celery import app as celery_app

__all__ = ["celery_app"]
