"""What a hostile command can use up: what it was given, and then it ends, with all it started."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from repairs.engine.types import Limits
from repairs.engine.workspace.sandbox import sandbox_open
from tests.engine.workspace.conftest import REPOSITORY, Place, processes_with

MIB = 1024**2


def wait_until_gone(marker: str) -> None:
    deadline = time.monotonic() + 5
    while processes_with(marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_with(marker) == []


def test_a_command_that_takes_too_long_is_killed(place: Place) -> None:
    result = place.run(["sh", "-c", "sleep 77001 & sleep 77001"], limits={"seconds": 0.5})
    assert (result.killed, result.exit_code) == ("timeout", None)
    assert 0.4 < result.duration_seconds < 5
    wait_until_gone("77001")


def test_a_fork_bomb_ends(place: Place) -> None:
    code = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
    result = place.python(code + "# marker-77002", limits={"seconds": 1.5, "processes": 30})
    assert result.killed == "timeout"
    wait_until_gone("marker-77002")
    assert subprocess.run(["/bin/true"], check=False).returncode == 0


def test_processes_are_counted(place: Place) -> None:
    code = """
import os, time
count = 0
try:
    while count < 200:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count)
"""
    result = place.python(code, limits={"seconds": 20, "processes": 25})
    assert result.killed is None
    assert 5 < int(result.stdout) <= 25


def test_memory_is_limited(place: Place) -> None:
    code = "x = bytearray(900 * 1024 * 1024)\nfor i in range(0, len(x), 4096): x[i] = 1\nprint('took it')"
    result = place.python(code, limits={"seconds": 20, "memory_bytes": 200 * MIB})
    assert "took it" not in result.stdout
    assert result.exit_code != 0 or result.killed == "memory"


def test_memory_is_limited_for_all_its_processes_together(place: Place) -> None:
    if place.backend != "bwrap" or place.identity != "me" or os.geteuid() != 0:
        pytest.skip("needs a control group")
    code = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        x = bytearray(90 * 1024 * 1024)
        for i in range(0, len(x), 4096): x[i] = 1
        time.sleep(1)
        os._exit(0)
print([os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(4)])
"""
    result = place.python(code, limits={"seconds": 20, "memory_bytes": 200 * MIB})
    assert result.killed == "memory"


def test_a_flood_of_output_is_cut(place: Place) -> None:
    result = place.python("import os\nwhile True: os.write(1, b'x' * 65536)", limits={"seconds": 20, "output_bytes": MIB})
    assert (result.killed, result.is_truncated) == ("output", True)
    assert len(result.stdout) == MIB


def test_many_files_cannot_fill_the_disk(place: Place) -> None:
    code = """
import itertools
for i in itertools.count():
    with open(f'file{i}', 'wb') as file:
        file.write(b'x' * 1024 * 1024)
    if i > 60:
        import time; time.sleep(0.02)
"""
    result = place.python(code, limits={"seconds": 20, "disk_bytes": 40 * MIB})
    assert result.killed == "disk"


def test_one_file_cannot_fill_the_disk(place: Place) -> None:
    code = "f = open('big', 'wb')\nfor _ in range(100): f.write(b'x' * 1024 * 1024); f.flush()\nprint('wrote it')"
    result = place.python(code, limits={"seconds": 20, "disk_bytes": 20 * MIB})
    assert "wrote it" not in result.stdout
    assert result.killed == "disk" or result.exit_code != 0


def test_the_temporary_folders_are_small(bwrap_place: Place) -> None:
    code = """
import os
for folder in ('/tmp', '/dev/shm'):
    try:
        for i in range(40):
            with open(f'{folder}/{i}', 'wb') as file: file.write(b'x' * 1024 * 1024)
        print('filled')
    except OSError as error:
        print(error.errno)
"""
    result = bwrap_place.python(code, limits={"seconds": 20, "disk_bytes": 10 * MIB})
    assert result.stdout.split() == ["28", "28"]


def test_a_process_that_hides_is_gone_afterwards(place: Place) -> None:
    code = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 100)
        os.execv(sys.executable, [sys.executable, '-I', '-S', '-c', 'import time; time.sleep(60) # marker-77003'])
    os._exit(0)
os.wait()
time.sleep(0.1)
print('left')
"""
    result = place.python(code)
    assert (result.stdout.strip(), result.exit_code) == ("left", 0)
    assert processes_with("marker-77003") == []


def test_it_cannot_leave_a_core_file(place: Place) -> None:
    result = place.python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert result.exit_code == -signal.SIGSEGV
    assert result.left == {}


def test_a_lost_lease_stops_the_command(tmp_path: Path) -> None:
    asked: list[float] = []

    def cancelled() -> bool:
        asked.append(time.monotonic())
        return len(asked) > 1

    sandbox = sandbox_open("auto", required=False, cancelled=cancelled)
    result = sandbox.run(["sleep", "77004"], cwd=tmp_path, writable=[tmp_path])
    assert (result.killed, result.exit_code) == ("cancelled", None)
    wait_until_gone("77004")


def test_a_command_dies_with_its_worker(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from repairs.engine.workspace.sandbox import sandbox_open\n"
        "p = Path(sys.argv[1]); sandbox_open('auto', required=False).run(['sh', '-c', 'touch begun; sleep 77005'], cwd=p, writable=[p])"
    )
    worker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY)
    deadline = time.monotonic() + 20
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (tmp_path / "begun").exists()
    worker.kill()
    worker.wait()
    wait_until_gone("77005")


def test_commands_at_once_do_not_share_a_uid(tmp_path: Path) -> None:
    sandbox = sandbox_open("auto", required=False)

    def uid(number: int) -> str:
        folder = tmp_path / str(number)
        folder.mkdir()
        return sandbox.run(["sh", "-c", "id -u; sleep 0.3"], cwd=folder, writable=[folder], limits=Limits(seconds=20)).stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(uid, range(4)))
    if os.geteuid() == 0:
        assert len(set(found)) == 4
        assert "0" not in found
    else:
        assert len(set(found)) == 1
