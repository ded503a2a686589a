"""What a hostile command can break: its own copy."""

import os
import stat
import sys
import tempfile
from ast import literal_eval
from pathlib import Path

import pytest

from tests.engine.workspace.conftest import Place
from tests.engine.workspace.runner import run_command

WRITE_ALL = """
import os, sys
done = []
for folder in {folders!r}:
    try:
        with open(os.path.join(folder, 'metabuilder-was-here'), 'w') as file:
            file.write('x')
        done.append(folder)
    except OSError:
        pass
print(done)
"""


def test_it_cannot_write_outside_its_copy(place: Place) -> None:
    folders = ["/", "/usr", "/usr/bin", "/etc", "/root", "/var/tmp", "/tmp", "/dev", "/dev/shm", "/proc/sys/kernel", "/run"]
    folders += [str(place.base), str(place.state), str(place.tree), "..", "../.."]
    place.base.chmod(0o777)
    result = place.python(WRITE_ALL.format(folders=[*folders, "."]))
    assert result.exit_code == 0, result.stderr
    written = literal_eval(result.stdout)
    assert "." in written, "it may write its own copy"
    assert not {"/", "/usr", "/etc", "/root", "/dev", "/run", "/proc/sys/kernel"} & set(written)
    for folder in folders:
        if not folder.startswith("."):
            assert not os.path.exists(f"{folder}/metabuilder-was-here"), folder  # noqa: PTH110  False where we may not look
    assert not list(place.base.rglob("metabuilder-was-here")), "and that is gone with the workspace"


def test_the_source_is_never_written(place: Place) -> None:
    (place.tree / "file.txt").write_text("as it was")
    result = place.python("open('file.txt', 'w').write('changed'); print(open('file.txt').read())")
    assert result.stdout.strip() == "changed"
    assert (place.tree / "file.txt").read_text() == "as it was"


def test_handing_back_does_not_follow_links(place: Place) -> None:
    victim = place.base / "victim"
    victim.mkdir()
    (victim / "file").write_text("mine")
    before = [(path.stat().st_uid, path.stat().st_mode) for path in (victim, victim / "file", Path("/etc/passwd"))]
    code = (
        f"import os; os.symlink({str(victim)!r}, 'folder'); os.symlink('/etc/passwd', 'file'); os.symlink({str(victim / 'file')!r}, 'f2')"
    )
    place._own()
    before = [(path.stat().st_uid, path.stat().st_mode) for path in (victim, victim / "file", Path("/etc/passwd"))]
    result = place.python(code)
    assert result.exit_code == 0, result.stderr
    assert [(path.stat().st_uid, path.stat().st_mode) for path in (victim, victim / "file", Path("/etc/passwd"))] == before
    assert {uid for uid, _ in result.left.values()} == {result.uid}


def test_what_it_leaves_belongs_to_the_worker_and_runs_as_nobody_else(place: Place) -> None:
    code = """
import os
os.makedirs('a/b'); open('a/b/tool', 'w').close()
os.chmod('a/b/tool', 0o6755)
os.chmod('a', 0o2777)
"""
    result = place.python(code)
    assert result.exit_code == 0, result.stderr
    uid, mode = result.left["a/b/tool"]
    assert uid == result.uid
    if result.uid == 0:
        assert not mode & (stat.S_ISUID | stat.S_ISGID)


def test_a_workspace_goes_away_whatever_was_made_of_it(place: Place) -> None:
    code = """
import os
os.makedirs('locked/inner'); open('locked/inner/file', 'w').close()
os.chmod('locked/inner', 0); os.chmod('locked', 0)
for _ in range(1500):
    os.mkdir('deep'); os.chdir('deep')
"""
    result = place.python(code)
    assert result.exit_code == 0, result.stderr
    assert result.is_gone
    assert not list((place.state / "workspaces").iterdir())


def test_a_hostile_conftest_finds_nothing(place: Place) -> None:
    (place.tree / "conftest.py").write_text(
        "import os, pathlib\n"
        f"for path in ('/etc/shadow', {str(place.state / 'secret_key')!r}):\n"
        "    try: print('READ', pathlib.Path(path).read_text())\n"
        "    except OSError: pass\n"
        "print('ENV', os.environ.get('DATABASE_URL'))\n"
        f"try: pathlib.Path({str(place.base / 'escaped')!r}).write_text('x')\n"
        "except OSError: pass\n"
    )
    (place.tree / "test_it.py").write_text("def test_it():\n    assert True\n")
    result = place.run(["{python}", "-c", "import sys; sys.path.insert(0, '.'); import conftest"])
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "ENV None\n"
    assert not (place.base / "escaped").exists()


def test_tools_of_the_platform_run_inside() -> None:
    if not Path(pytest.__file__).is_relative_to(sys.prefix):
        pytest.skip("pytest is not installed in this interpreter's own environment")
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name) / "tree"
        tree.mkdir()
        (tree / "test_it.py").write_text("def test_it():\n    assert 1 + 1 == 2\n")
        argv = ["{python}", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
        result = run_command({"backend": "auto", "source": str(tree), "parent": str(Path(name) / "w"), "argv": argv})
    assert result["exit_code"] == 0, result["stdout"] + result["stderr"]
    assert "1 passed" in result["stdout"]
    assert os.environ.get("METABUILDER_TREE") is None
