"""What an honest command gets: its input, its output, its exit status, its folder."""

from ast import literal_eval
from pathlib import Path

import pytest

from repairs.engine.workspace import sandbox as module
from repairs.engine.workspace.errors import SandboxFailed, SandboxUnavailable
from repairs.engine.workspace.rlimits import RlimitsSandbox
from repairs.engine.workspace.sandbox import sandbox_open
from tests.engine.workspace.conftest import Place, processes_with


def test_it_gives_input_and_takes_output_and_status(place: Place) -> None:
    (place.tree / "data.txt").write_text("from the tree")
    code = "import sys; print(sys.stdin.read()); print(open('data.txt').read()); sys.stderr.write('said'); sys.exit(3)"
    result = place.python(code, stdin="hello" * 50_000)
    assert result.exit_code == 3
    assert result.stdout == "hello" * 50_000 + "\nfrom the tree\n"
    assert (result.stderr, result.killed, result.is_truncated) == ("said", None, False)


def test_output_that_is_no_text_is_replaced(place: Place) -> None:
    assert place.python("import os; os.write(1, b'\\xff\\xfeok')").stdout == "��ok"


def test_a_missing_program_is_127(place: Place) -> None:
    assert place.run(["no-such-program-here"]).exit_code == 127


def test_the_environment_is_small_and_fixed(place: Place) -> None:
    result = place.python("import os; print(sorted(os.environ)); print(os.environ['X'], os.environ['TZ'])", env={"X": "1"})
    names, values = result.stdout.splitlines()
    expected = {"HOME", "LANG", "LC_ALL", "METABUILDER_TREE", "PATH", "PYTHONDONTWRITEBYTECODE"}
    expected |= {"PYTHONHASHSEED", "TMPDIR", "TZ", "USER", "X"}
    assert set(literal_eval(names)) - {"PWD", "LC_CTYPE"} == expected
    assert values == "1 UTC"


def test_it_has_a_home_and_a_temporary_folder(place: Place) -> None:
    code = "import os, tempfile; tempfile.mkdtemp(); open(os.path.expanduser('~/f'), 'w').close(); print('ok')"
    assert place.python(code).stdout == "ok\n"


def test_a_preloaded_library_never_meets_a_privilege(bwrap_place: Place) -> None:
    result = bwrap_place.run(["sh", "-c", "id -u"], env={"LD_PRELOAD": "./evil.so"})
    assert result.exit_code == 0
    assert result.stderr.count("LD_PRELOAD") <= 2, "only the command itself and what it starts may see the variable"
    assert result.stdout.strip() != "0"


def test_no_isolation_is_refused_by_name_of_the_setting() -> None:
    with pytest.raises(SandboxUnavailable, match="META_V4_SANDBOX_REQUIRED=false") as caught:
        sandbox_open("rlimits", required=True)
    assert "bubblewrap" in caught.value.hint


def test_nothing_that_isolates_is_refused_or_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "bwrap_find", lambda: None)
    monkeypatch.setattr(module, "package_folder", lambda: None)
    module.sandlock_problem.cache_clear()
    with pytest.raises(SandboxUnavailable, match="bubblewrap is not installed"):
        sandbox_open("auto", required=True)
    assert isinstance(sandbox_open("auto", required=False), RlimitsSandbox)
    module.sandlock_problem.cache_clear()


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(SandboxUnavailable, match="docker"):
        sandbox_open("docker")


def test_the_last_backend_still_limits_and_cleans_up() -> None:
    sandbox = sandbox_open("rlimits", required=False)
    result = sandbox.run(["sh", "-c", "(setsid sleep 77010 &) ; ulimit -c; id -u; touch $HOME/x && echo $HOME"], cwd=Path("/"))
    assert result.exit_code == 0, result.stderr
    core, uid, home = result.stdout.split()
    assert core == "0"
    assert uid != "0"
    assert not Path(home).exists()
    assert processes_with("77010") == []


def test_a_sandbox_that_cannot_be_built_is_the_platforms_fault(bwrap_place: Place) -> None:
    if bwrap_place.identity != "me":
        pytest.skip("once is enough")
    sandbox = sandbox_open("bwrap")
    with pytest.raises(SandboxFailed):
        sandbox.run(["true"], cwd=Path("/"), readable=[bwrap_place.base / "is-not-there"])
