"""The way out of a build: only to what is listed, and by the worker's own proxy where it has one."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from repairs.engine.workspace.proxy import PackageProxy, allowed_addresses


@contextmanager
def server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server on loopback that answers every request alike, and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    asked.append(client.recv(65536))
                    client.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], asked
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def ask(path: Path, request: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(path))
        client.sendall(request.encode())
        data = b""
        with contextlib.suppress(OSError):
            while more := client.recv(65536):
                data += more
        return data


def test_the_list_is_the_indexes_and_where_they_keep_files() -> None:
    urls = ("https://pypi.org/simple", "http://Mirror.example:8080/simple/", "file:///opt/index")
    assert allowed_addresses(urls, ("files.example",)) == {
        ("pypi.org", 443),
        ("files.pythonhosted.org", 443),
        ("mirror.example", 8080),
        ("files.example", 443),
    }


def test_a_listed_server_is_reached_by_tunnel_and_by_plain_request(tmp_path: Path) -> None:
    with server(b"HTTP/1.1 200 OK\r\n\r\nhello") as (port, asked):
        allowed = frozenset({("127.0.0.1", port)})
        with PackageProxy(tmp_path / "s", allowed, {}).serve() as proxy:
            assert ask(proxy.path, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nraw bytes").endswith(b"hello")
            request = f"GET http://127.0.0.1:{port}/simple/?a=b HTTP/1.1\r\nHost: evil\r\nProxy-Authorization: x\r\nAccept: y\r\n\r\n"
            assert ask(proxy.path, request).endswith(b"hello")
            assert proxy.refused == []
    assert asked[0] == b"raw bytes"
    assert asked[1].decode() == f"GET /simple/?a=b HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: y\r\nConnection: close\r\n\r\n"
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT 127.0.0.1:{port} HTTP/1.1",
        "CONNECT localhost:{port} HTTP/1.1",
        "CONNECT [::1]:{port} HTTP/1.1",
        "CONNECT pypi.org:22 HTTP/1.1",
        "CONNECT pypi.org.evil.example:443 HTTP/1.1",
        "GET http://127.0.0.1:{port}/ HTTP/1.1",
        "GET http://pypi.org@127.0.0.1:{port}/ HTTP/1.1",
        "POST http://127.0.0.1:{port}/ HTTP/1.1",
        "GET /etc/passwd HTTP/1.1",
        "GET file:///etc/passwd HTTP/1.1",
        "rubbish",
    ],
)
def test_everything_else_is_refused(tmp_path: Path, request_line: str) -> None:
    with server(b"reached") as (port, asked), PackageProxy(tmp_path / "s", frozenset({("pypi.org", 443)}), {}).serve() as proxy:
        answer = ask(proxy.path, request_line.format(port=port) + "\r\n\r\n")
    assert b"reached" not in answer
    assert b" 200 " not in answer
    assert asked == []


def test_what_was_refused_is_remembered(tmp_path: Path) -> None:
    with PackageProxy(tmp_path / "s", frozenset(), {}).serve() as proxy:
        assert ask(proxy.path, "CONNECT evil.example:443 HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 403")
        assert proxy.refused == ["evil.example:443"]


def test_a_listed_name_that_leads_to_this_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(b"reached") as (port, asked):
        place = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [place])
        with PackageProxy(tmp_path / "s", frozenset({("pypi.org", 443)}), {}).serve() as proxy:
            assert ask(proxy.path, "CONNECT pypi.org:443 HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 502")
    assert asked == []


def test_the_workers_own_proxy_is_used(tmp_path: Path) -> None:
    with server(b"HTTP/1.1 200 Connection established\r\n\r\n") as (port, asked):
        environment = {"HTTPS_PROXY": f"http://user:pa%73s@127.0.0.1:{port}"}
        with PackageProxy(tmp_path / "s", frozenset({("pypi.org", 443)}), environment).serve() as proxy:
            assert ask(proxy.path, "CONNECT pypi.org:443 HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200")
    assert asked[0].startswith(b"CONNECT pypi.org:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n" in asked[0]
