"""One run on one page: how it went, the attempts, the proof, the diff."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from repairs.admin.readonly import ReadOnlyAdmin, ReadOnlyInline
from repairs.models import RepairAttempt, RepairRun, TimelineEvent

STATE_COLOURS = {"succeeded": "success", "failed": "danger", "refused": "danger", "cancelled": "warning", "queued": "info"}
PROOF_WORDS = (
    ("f2p", "What failed passes"),
    ("p2p", "What passed still passes"),
    ("integrity", "Nothing was bought"),
    ("necessity", "Every hunk is needed"),
)
LINE_COLOURS = {"+": "#15803d", "-": "#b91c1c", "@": "#0e7490"}
MAX_DIFF_LINES = 2000


class AttemptInline(ReadOnlyInline):
    model = RepairAttempt
    fk_name = "run"
    fields = (
        "number",
        "phase",
        "failure_class",
        "strategy",
        "verdict",
        "f2p",
        "p2p",
        "integrity",
        "necessity",
        "resolved_count",
        "targets_count",
        "cost_usd",
    )
    readonly_fields = fields


class EventInline(ReadOnlyInline):
    model = TimelineEvent
    fields = ("seq", "at", "kind", "attempt_number", "summary", "duration_seconds", "cost_usd")
    readonly_fields = fields


@admin.register(RepairRun)
class RepairRunAdmin(ReadOnlyAdmin):
    list_display = ("id", "tenant", "state_label", "outcome", "engine", "proof_short", "created_at", "seconds")
    list_filter = ("state", "outcome", "engine", "tenant")
    search_fields = ("id", "tenant__id", "source_digest")
    date_hierarchy = "created_at"
    list_select_related = ("tenant", "patch")
    inlines = (AttemptInline, EventInline)
    fieldsets = (
        ("How it ended", {"fields": ("state_label", "outcome", "reason", "proof_lights", "seconds")}),
        ("The patch", {"fields": ("diff",)}),
        ("What was asked", {"fields": ("tenant", "engine", "sla", "requested_by", "source_digest", "checks")}),
        ("When", {"fields": ("created_at", "started_at", "finished_at")}),
    )
    readonly_fields = ("state_label", "proof_lights", "diff", "checks", "seconds")

    @display(description="state", ordering="state", label=STATE_COLOURS)
    def state_label(self, run: RepairRun) -> str:
        return run.state

    @display(description="seconds")
    def seconds(self, run: RepairRun) -> str:
        return "–" if run.duration_seconds is None else f"{run.duration_seconds:.1f}"

    @display(description="proof")
    def proof_short(self, run: RepairRun) -> str:
        patch = getattr(run, "patch", None)
        return "–" if patch is None else ("proven" if patch.is_proven else "partial")

    @display(description="proof")
    def proof_lights(self, run: RepairRun) -> SafeString | str:
        patch = getattr(run, "patch", None)
        if patch is None:
            return "no patch"
        rows = (
            (words, "#15803d" if getattr(patch, name) else "#b91c1c", "yes" if getattr(patch, name) else "no")
            for name, words in PROOF_WORDS
        )
        return format_html_join(" ", '<span style="margin-right:1.5rem">{} <b style="color:{}">{}</b></span>', rows)

    @display(description="checks")
    def checks(self, run: RepairRun) -> str:
        return ", ".join(spec["name"] for spec in (run.project or {}).get("checks", [])) or "–"

    @display(description="diff against the source")
    def diff(self, run: RepairRun) -> SafeString | str:
        patch = getattr(run, "patch", None)
        if patch is None:
            return "–"
        lines = patch.diff.splitlines()
        rows = ((LINE_COLOURS.get(line[:1], "inherit"), line) for line in lines[:MAX_DIFF_LINES])
        body = format_html_join("\n", '<span style="color:{}">{}</span>', rows)
        more = f"\n… {len(lines) - MAX_DIFF_LINES} more lines" if len(lines) > MAX_DIFF_LINES else ""
        return format_html('<pre style="overflow-x:auto;font-size:12px;line-height:1.5">{}{}</pre>', body, more)
