"""Every address; reads like the runbook's contents."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from metabuilder.api.problems import unknown_address

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
    path("admin/", admin.site.urls),
    path("", include("metabuilder.console.urls")),
    path("", include("django_prometheus.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("api/meta/v4/", include("repairs.urls")),
    re_path(r"^api/", unknown_address),  # last: a problem, with DEBUG too
]
handler400 = "metabuilder.api.problems.bad_request"
handler403 = "metabuilder.api.problems.permission_denied"
handler404 = "metabuilder.api.problems.not_found"
handler500 = "metabuilder.api.problems.server_error"
