"""docs/api.md is held to the code."""

import re
from pathlib import Path

from metabuilder.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from metabuilder.api.problems import STATUSES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()


def test_the_table_of_error_codes_is_the_codes_own() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (.+) \|$", PAGE, re.MULTILINE)
    assert {code: (int(status), title) for code, status, title in rows} == STATUSES
    assert len(rows) == len(STATUSES)


def test_the_bounds_of_a_list_are_the_codes_own() -> None:
    assert f"from 1 to {MAX_LIMIT} ({DEFAULT_LIMIT} without it)" in PAGE
