"""What the resolver says becomes facts."""

import pytest

from repairs.engine.workspace.resolver import parse_failure

UNSOLVED = "error: No solution found when resolving dependencies\n  cause: Because "
END = ", we can conclude that your requirements are unsatisfiable.\n"
LOGS = {
    "missing": (
        UNSOLVED + "no-such was not found in the package registry and you require no-such" + END,
        [("no-such", "missing", "no-such")],
    ),
    "version": (
        "Using Python 3.11\n" + UNSOLVED + "there is no version of idna==99 and you\n         require idna==99" + END,
        [("idna", "version", "idna==99")],
    ),
    "wheels": (
        UNSOLVED + "tensorflow==1.15.0 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you require tensorflow==1.15" + END,
        [("tensorflow", "version", "tensorflow==1.15.0")],
    ),
    "conflict": (
        UNSOLVED + "you require Requests[socks]==2.31.0 and requests<2.20" + END,
        [("requests", "conflict", "Requests[socks]==2.31.0")],
    ),
    "malformed": ('error: Failed to parse: `idna=>3`\n  cause: no such comparison operator "=>"\n', [("idna", "malformed", "idna=>3")]),
    "build": (
        "error: Failed to build `pycairo==1.20.0`\n  cause: The build backend returned an error\n\n    [stderr]\n         Package 'cairo'"
        " not found\n\nhint: Build failures usually indicate a problem with the package\n",
        [("pycairo", "build", "pycairo==1.20.0")],
    ),
    "file": (
        "error: Error parsing included file in `r.txt` at position 0\n  cause: failed to read from file `nope.txt`\n",
        [("", "file", "")],
    ),
    "git": ("error: Git operation failed\n  cause: failed to clone into: x\n", [("", "network", "")]),
    "unknown": ("something else went wrong", [("", "other", "")]),
    "nothing": ("", [("", "other", "")]),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_message_becomes_facts(name: str) -> None:
    log, expected = LOGS[name]
    assert [(failure.package, failure.kind, failure.requirement) for failure in parse_failure(log)] == expected


def test_a_reason_is_one_short_line() -> None:
    for log, _ in LOGS.values():
        for failure in parse_failure(log * 20):
            assert 0 < len(failure.reason) <= 400
            assert "\n" not in failure.reason


def test_the_reason_of_a_failed_build_is_its_last_word() -> None:
    (failure,) = parse_failure(LOGS["build"][0])
    assert failure.reason == "pycairo==1.20.0 could not be built: Package 'cairo' not found"
