"""Every address; reads like the runbook's contents."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from metabuilder.console.health import health

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
    path("admin/", admin.site.urls),
    path("health", health, name="health"),
    path("", include("django_prometheus.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/meta/v4/", include("repairs.urls")),
]
handler404 = "metabuilder.api.problems.not_found"
handler500 = "metabuilder.api.problems.server_error"
