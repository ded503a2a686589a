"""The Celery application; imports no application of ours."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metabuilder.settings.base")

app = Celery("metabuilder")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
