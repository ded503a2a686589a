"""Fixtures that more than one room needs."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def stack_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A state folder of its own, so that commands start a stack that has nothing to do with the suite's database."""
    state = tmp_path_factory.mktemp("stack")
    state.chmod(0o711)
    for parent in state.parents:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o711)
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")
    }
    yield {**kept, "METABUILDER_STATE_DIR": str(state)}


@pytest.fixture(scope="session")
def stack(stack_environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """A stack that runs for the whole session, as `metabuilder up` starts it."""
    process = subprocess.Popen(
        [sys.executable, "-c", KEEP], env=stack_environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdin is not None
    base_url, token = process.stdout.readline().split()
    yield {**stack_environment, "BASE_URL": base_url, "TOKEN": token}
    process.stdin.close()
    process.wait(60)


# Holds the stack as a command does, until its standard input ends.
KEEP = """
import sys
from metabuilder.embedded.stack import stack_ensure
handle = stack_ensure()
print(handle.base_url, handle.token, flush=True)
sys.stdin.read()
handle.stop()
"""


@pytest.fixture
def metabuilder(stack: dict[str, str]) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run the command line against the session's stack."""

    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "metabuilder.cli", *arguments],
            env=stack,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return call
