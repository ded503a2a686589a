"""The runs' part of the runbook API."""

from django.urls import path

from repairs.api import attempts, failures, runs

urlpatterns = [
    path("runs", runs.RunsApi.as_view(), name="runs"),
    path("runs/<str:run_id>", runs.RunDetailApi.as_view(), name="run"),
    path("runs/<str:run_id>/patch", runs.RunPatchApi.as_view(), name="run-patch"),
    path("runs/<str:run_id>/timeline", runs.RunTimelineApi.as_view(), name="run-timeline"),
    path("runs/<str:run_id>/repair-status", runs.RunRepairStatusApi.as_view(), name="run-repair-status"),
    path("runs/<str:run_id>/cancel", runs.RunCancelApi.as_view(), name="run-cancel"),
    path("repair-attempts", attempts.AttemptListApi.as_view(), name="repair-attempts"),
    path("failures", failures.FailureListApi.as_view(), name="failures"),
]
