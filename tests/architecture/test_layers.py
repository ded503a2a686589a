"""The doors of the house are kept."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 400
DROPPED = ("migrations",)


def test_every_import_goes_through_a_door() -> None:
    result = subprocess.run([str(Path(sys.executable).parent / "lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_no_file_is_longer_than_its_subject() -> None:
    rooms = ("metabuilder", "repairs", "fleet", "budgets", "canary", "chaos")
    files = [path for room in rooms for path in (ROOT / room).rglob("*.py") if not set(DROPPED) & set(path.parts)]
    long = {str(path.relative_to(ROOT)): lines for path in files if (lines := len(path.read_text().splitlines())) > LIMIT}
    assert not long
