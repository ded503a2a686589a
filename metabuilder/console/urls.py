"""The roof's own addresses."""

from django.urls import path

from metabuilder.console.health import health

urlpatterns = [path("health", health, name="health")]
