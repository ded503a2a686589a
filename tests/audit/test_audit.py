"""What was done is written down, without secrets, and stays written."""

import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from metabuilder.audit.models import AuditEntry
from metabuilder.audit.services import audit_record
from metabuilder.kernel.redact import MASK


def record() -> AuditEntry:
    return audit_record(actor="ann", action="flag_set", target="flag x", after={"is_enabled": True})


@pytest.mark.django_db
def test_an_entry_can_be_neither_changed_nor_removed() -> None:
    entry = record()
    entry.actor = "nobody"
    for attempt in (entry.save, entry.delete, lambda: AuditEntry.objects.update(actor="nobody"), lambda: AuditEntry.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()
    assert AuditEntry.objects.get().actor == "ann"


@pytest.mark.django_db
def test_secrets_are_masked_wherever_they_stand() -> None:
    entry = audit_record(
        actor="ann",
        action="webhook_set",
        target="webhook 1",
        reason="was Bearer abcdefghijkl",
        before={"url": "https://ann:hunter2@example.org/x", "api_key": "abc", "note": None},
        after={"nested": [{"password": "hunter2"}, "sk-abcdefghijklmnopqrst"], "limit": 5},
    )
    entry.refresh_from_db()
    assert "hunter2" not in str([entry.reason, entry.before, entry.after])
    assert "abcdefghijkl" not in entry.reason
    assert entry.before == {"url": f"https://{MASK}@example.org/x", "api_key": MASK, "note": None}
    assert entry.after == {"nested": [{"password": MASK}, MASK], "limit": 5}


@pytest.mark.django_db
def test_the_requests_id_comes_along() -> None:
    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        assert record().request_id == "req_1"
    assert record().request_id == ""


@pytest.mark.django_db
def test_an_entry_shares_the_fate_of_its_change() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        record()
        raise RuntimeError
    assert AuditEntry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_trigger_can_be_taken_back() -> None:
    before, after = [("audit", "0001_initial")], [("audit", "0002_append_only")]
    try:
        MigrationExecutor(connection).migrate(before)
        record()
        assert AuditEntry.objects.update(actor="bob") == 1
    finally:
        MigrationExecutor(connection).migrate(after)
    with pytest.raises(DatabaseError, match="append-only"):
        AuditEntry.objects.update(actor="eve")
