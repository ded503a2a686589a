"""Make Django ready inside a command; engines are joined or started on the way."""

import os
import sys

from metabuilder.embedded.state import EngineTrouble

EXIT_PLATFORM = 3


def django_ready() -> None:
    """Load the settings and every application, with the tables in place; ends the command with 3 when the engines do not start."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metabuilder.settings.base")
    os.environ.setdefault("META_V4_LOG_LEVEL", "WARNING")
    import django

    try:
        django.setup()
    except EngineTrouble as error:
        print(f"metabuilder: {error}", file=sys.stderr)
        raise SystemExit(EXIT_PLATFORM) from None
    migrate()


def migrate() -> None:
    """Bring the tables up to date; of two at once one waits for the other."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


MIGRATION_LOCK = 4_004_001
