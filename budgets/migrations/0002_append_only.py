"""The database refuses to change or remove a ledger entry."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'ledger entries are append-only'; END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON budgets_ledgerentry
FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
"""
BACKWARD = "DROP TRIGGER ledger_append_only ON budgets_ledgerentry; DROP FUNCTION ledger_append_only();"


class Migration(migrations.Migration):
    dependencies = [("budgets", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
