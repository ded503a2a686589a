"""What a hostile command can learn: nothing but its own copy."""

import socket
import tempfile
from pathlib import Path

from tests.engine.workspace.conftest import SECRET, Place

READ_ALL = """
import os, sys
seen = []
for path in PATHS:
    try:
        with open(path, 'rb') as file:
            seen.append((path, file.read(100000)))
    except OSError:
        pass
for pid in os.listdir('/proc'):
    if pid.isdigit():
        for name in ('environ', 'cmdline'):
            try:
                with open(f'/proc/{pid}/{name}', 'rb') as file:
                    seen.append((f'{pid}/{name}', file.read()))
            except OSError:
                pass
print(seen)
"""


def test_it_cannot_read_the_password_hashes(place: Place) -> None:
    result = place.python(READ_ALL.replace("PATHS", "['/etc/shadow', '/etc/shadow-', '/etc/gshadow']"))
    assert result.exit_code == 0, result.stderr
    assert "root:" not in result.stdout
    assert "('/etc" not in result.stdout, "nothing of it was opened"


def test_it_cannot_read_the_environment_of_the_worker(place: Place) -> None:
    result = place.python(READ_ALL.replace("PATHS", "[]") + "\nprint(dict(os.environ))")
    assert result.exit_code == 0, result.stderr
    assert "METABUILDER_TREE" in result.stdout, "the probe must have seen its own environment"
    assert SECRET not in result.stdout


def test_it_cannot_read_the_state_of_the_platform_though_its_copy_lies_there(place: Place) -> None:
    paths = [str(place.state / "secret_key"), str(place.base / "neighbour"), "../../../secret_key", "../../../../neighbour"]
    result = place.python(READ_ALL.replace("PATHS", repr(paths)) + f"\nfor d in {paths[:2]!r}: print(os.path.exists(d))")
    assert result.exit_code == 0, result.stderr
    assert SECRET not in result.stdout


def test_a_readable_folder_round_the_state_still_hides_it(bwrap_place: Place) -> None:
    code = "import os; print(os.listdir(os.environ['STATE'])); print(open(os.environ['SEEN']).read())"
    env = {"STATE": str(bwrap_place.state), "SEEN": str(bwrap_place.base / "neighbour")}
    result = bwrap_place.python(code, readable=[str(bwrap_place.base)], env=env)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == ["['workspaces']", SECRET]


def test_it_cannot_follow_its_own_links_to_the_machine(place: Place) -> None:
    (place.base / "target").write_text(SECRET)
    code = f"import os; os.symlink({str(place.base / 'target')!r}, 'out'); print(open('out').read())"
    result = place.python(code)
    assert result.exit_code != 0
    assert SECRET not in result.stdout


def test_it_cannot_reach_a_server_on_loopback(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]
        result = place.python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 2).sendall(b'in'); print('reached')")
        assert result.exit_code != 0
        assert "reached" not in result.stdout
        try:
            server.accept()
        except TimeoutError:
            return
    raise AssertionError("the server was reached")


def test_it_cannot_reach_a_unix_socket(bwrap_place: Place) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as hidden:
        path = Path(folder) / "s"
        server.bind(str(path))
        path.parent.chmod(0o755)
        path.chmod(0o777)
        server.listen()
        hidden.bind("\0metabuilder-test")
        hidden.listen()
        code = f"""
import socket
for place in ({str(path)!r}, '\\0metabuilder-test'):
    try:
        socket.socket(socket.AF_UNIX).connect(place)
        print('reached')
    except OSError as error:
        print('no')
"""
        result = bwrap_place.python(code)
    assert result.stdout.split() == ["no", "no"]


def test_it_cannot_get_new_privileges(place: Place) -> None:
    code = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print('uid', os.getuid() == 0, 'userns', libc.unshare(0x10000000), 'mount', libc.mount(b'x', b'/tmp', b'tmpfs', 0, 0))
print([line for line in open('/proc/self/status') if line.startswith(('CapEff', 'CapPrm', 'NoNewPrivs'))])
"""
    result = place.python(code)
    assert result.stdout.startswith("uid False userns -1 mount -1"), result.stdout + result.stderr
    assert "CapEff:\\t0000000000000000" in result.stdout
    assert "NoNewPrivs:\\t1" in result.stdout
