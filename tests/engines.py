"""Pytest plugin: real PostgreSQL and Valkey for the suite, in a folder of their own, gone afterwards.

It is loaded with `-p tests.engines`, before Django's settings are read. Processes of pytest-xdist share the engines of the first.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

STATE = "METABUILDER_STATE_DIR"
_own: Path | None = None

if "no:django" not in sys.argv and "-pno:django" not in sys.argv and "METABUILDER_TEST_ENGINES" not in os.environ:
    _own = Path(tempfile.mkdtemp(prefix="metabuilder-tests-"))
    _own.chmod(0o711)
    os.environ[STATE] = str(_own)
    os.environ["METABUILDER_TEST_ENGINES"] = "1"
    for name in ("DATABASE_URL", "CELERY_BROKER_URL", "API_TOKEN"):
        os.environ.pop(name, None)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _own is None:
        return
    from metabuilder.embedded.shutdown import engines_stop

    engines_stop(_own)
    shutil.rmtree(_own, ignore_errors=True)
