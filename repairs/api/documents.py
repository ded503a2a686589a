"""Runs, attempts and events as the API shows them; one place, so that every answer says the same."""

from typing import Any

from rest_framework import serializers

from budgets.selectors import budget_remaining
from metabuilder.kernel.money import usd_text
from repairs.engine.types import FailureClass, Finding
from repairs.models import RepairAttempt, RepairRun, TimelineEvent
from repairs.selectors.runs import run_spent_usd


class ProofSerializer(serializers.Serializer[Any]):
    """The four answers; null: not reached."""

    f2p = serializers.BooleanField(allow_null=True)
    p2p = serializers.BooleanField(allow_null=True)
    integrity = serializers.BooleanField(allow_null=True)
    necessity = serializers.BooleanField(allow_null=True)


class FindingSerializer(serializers.Serializer[Any]):
    failure_class = serializers.ChoiceField(choices=[kind.value for kind in FailureClass])
    tool = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    path = serializers.CharField(allow_null=True)
    line = serializers.IntegerField(allow_null=True)
    column = serializers.IntegerField(allow_null=True)
    test_id = serializers.CharField(allow_null=True)
    fingerprint = serializers.CharField()


class AttemptSerializer(serializers.Serializer[Any]):
    run_id = serializers.CharField()
    number = serializers.IntegerField()
    phase = serializers.CharField()
    strategy = serializers.CharField()
    queue = serializers.CharField()
    failure_class = serializers.CharField()
    verdict = serializers.CharField(allow_blank=True, help_text="empty while the attempt is not over")
    proof = ProofSerializer()
    reasons = serializers.ListField(child=serializers.CharField())
    considered = serializers.ListField(child=serializers.DictField())
    dropped_groups = serializers.ListField(child=serializers.ListField(child=serializers.CharField(allow_null=True)))
    summary = serializers.CharField(allow_blank=True)
    targets_count = serializers.IntegerField()
    resolved_count = serializers.IntegerField()
    cost_usd = serializers.CharField()
    duration_seconds = serializers.FloatField(allow_null=True)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class RunSerializer(serializers.Serializer[Any]):
    run_id = serializers.CharField()
    tenant_id = serializers.CharField()
    state = serializers.ChoiceField(choices=RepairRun.State.choices)
    outcome = serializers.CharField(allow_blank=True, help_text="empty while the run is not over, and for refused and cancelled ones")
    reason = serializers.CharField(allow_blank=True)
    engine = serializers.ChoiceField(choices=RepairRun.Engine.choices)
    sla = serializers.CharField()
    is_flaky = serializers.BooleanField()
    source_kind = serializers.CharField(help_text="archive, git or path")
    source_digest = serializers.CharField(allow_blank=True)
    requested_by = serializers.CharField(allow_blank=True)
    cost_usd = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    duration_seconds = serializers.FloatField(allow_null=True)


class RunDetailSerializer(RunSerializer):
    failures_before = FindingSerializer(many=True)
    failures_after = FindingSerializer(many=True)
    attempts = AttemptSerializer(many=True)
    patch = serializers.CharField(allow_blank=True, help_text="unified diff against the source; empty: none")
    proof = ProofSerializer(allow_null=True, help_text="of the whole patch; null: no patch")


class EventSerializer(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    actor = serializers.CharField()
    phase = serializers.CharField(allow_blank=True)
    attempt = serializers.IntegerField(allow_null=True)
    summary = serializers.CharField()
    detail = serializers.DictField()
    cost_usd = serializers.CharField()
    duration_seconds = serializers.FloatField(allow_null=True)


def run_document(run: RepairRun) -> dict[str, Any]:
    names = (
        "state",
        "outcome",
        "reason",
        "engine",
        "sla",
        "is_flaky",
        "source_digest",
        "requested_by",
        "created_at",
        "started_at",
        "finished_at",
    )
    return {
        "run_id": run.pk,
        "tenant_id": run.tenant_id,
        "source_kind": run.source["kind"],
        "cost_usd": usd_text(run_spent_usd(run)),
        "duration_seconds": run.duration_seconds,
    } | {name: getattr(run, name) for name in names}


def run_detail_document(run: RepairRun) -> dict[str, Any]:
    patch = getattr(run, "patch", None)
    return run_document(run) | {
        "failures_before": _findings(run.first_round.tree_report().findings) if run.first_round else [],
        "failures_after": _findings(run.base_round.tree_report().findings) if run.base_round else [],
        "attempts": [attempt_document(attempt) for attempt in run.attempts.order_by("number")],
        "patch": patch.diff if patch else "",
        "proof": proof_document(patch) if patch else None,
    }


def attempt_document(attempt: RepairAttempt) -> dict[str, Any]:
    names = (
        "run_id",
        "number",
        "phase",
        "strategy",
        "queue",
        "failure_class",
        "verdict",
        "reasons",
        "considered",
        "dropped_groups",
        "summary",
        "targets_count",
        "resolved_count",
        "duration_seconds",
        "started_at",
        "finished_at",
    )
    return {name: getattr(attempt, name) for name in names} | {"proof": proof_document(attempt), "cost_usd": usd_text(attempt.cost_usd)}


def proof_document(row: Any) -> dict[str, bool | None]:
    return {name: getattr(row, name) for name in ("f2p", "p2p", "integrity", "necessity")}


def event_document(event: TimelineEvent) -> dict[str, Any]:
    names = ("seq", "at", "kind", "actor", "phase", "summary", "detail", "duration_seconds")
    return {name: getattr(event, name) for name in names} | {"attempt": event.attempt_number, "cost_usd": usd_text(event.cost_usd)}


def budget_document(run: RepairRun) -> dict[str, Any]:
    left = budget_remaining(run.pk)
    return {"usd": usd_text(left.usd), "seconds": float(left.seconds), "attempts": left.attempts}


def _findings(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    return [finding.to_json() for finding in findings]
