"""The only way from a build to the network: a proxy on a unix socket that knows the package indexes and nothing else."""

import base64
import contextlib
import ipaddress
import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

HEAD_BYTES = 64 * 1024
CONNECT_SECONDS = 20.0
IDLE_SECONDS = 120.0
MAX_CONNECTIONS = 64
FILE_HOSTS = {"pypi.org": ("files.pythonhosted.org",), "test.pypi.org": ("test-files.pythonhosted.org",)}
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")

Address = tuple[str, int]


def allowed_addresses(index_urls: Sequence[str], file_hosts: Sequence[str] = ()) -> frozenset[Address]:
    """(host, port) of every index and of where it keeps its files. Only what is listed here can be reached."""
    found: set[Address] = set()
    for url in index_urls:
        parts = urlsplit(url)
        if parts.scheme in _PORTS and parts.hostname:
            port = parts.port or _PORTS[parts.scheme]
            found.add((parts.hostname.lower(), port))
            found.update((host, port) for host in FILE_HOSTS.get(parts.hostname.lower(), ()))
    return frozenset(found | {(host.lower(), 443) for host in file_hosts})


@dataclass
class PackageProxy:
    """Serves one build. `refused` keeps what it asked for and did not get, as `host:port`."""

    path: Path
    allowed: frozenset[Address]
    upstream: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    refused: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def serve(self) -> Iterator["PackageProxy"]:
        """Listen until the block ends. Anyone who sees the socket file may connect, so keep it in a folder of your own."""
        listener = socket.socket(socket.AF_UNIX)
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._connections: set[socket.socket] = set()
        try:
            listener.bind(str(self.path))
            self.path.chmod(0o666)
            listener.listen(64)
            thread = threading.Thread(target=self._accept, args=(listener,), name="package-proxy", daemon=True)
            thread.start()
            yield self
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            for connection in list(self._connections):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self.path.unlink(missing_ok=True)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if not self._slots.acquire(timeout=CONNECT_SECONDS):
                client.close()
                continue
            threading.Thread(target=self._serve_one, args=(client,), daemon=True).start()

    def _serve_one(self, client: socket.socket) -> None:
        self._connections.add(client)
        try:
            with client:
                client.settimeout(IDLE_SECONDS)
                self._answer(client)
        except (OSError, ValueError):
            pass
        finally:
            self._connections.discard(client)
            self._slots.release()

    def _answer(self, client: socket.socket) -> None:
        head, rest = _read_head(client)
        request, *headers = head.decode("latin-1").split("\r\n")
        method, target, _version = request.split(" ")
        if method == "CONNECT":
            address = _address(target)
            upstream = self._dial(client, address, "https") if address else None
            if upstream is None:
                return
            with upstream:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                upstream.sendall(rest)
                _pump_both(client, upstream)
        elif method in ("GET", "HEAD") and target.startswith("http://"):
            self._forward(client, method, urlsplit(target), headers)
        else:
            client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def _forward(self, client: socket.socket, method: str, url: SplitResult, headers: list[str]) -> None:
        """One plain request and its answer; the connection closes, so a second request cannot ride along to elsewhere."""
        address = (url.hostname or "", url.port or 80)
        upstream = self._dial(client, address, "http")
        if upstream is None:
            return
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        kept = [line for line in headers if line and not line.lower().startswith(("proxy-", "connection:", "host:", "keep-alive:"))]
        lines = [f"{method} {path} HTTP/1.1", f"Host: {url.netloc.rpartition('@')[2]}", *kept, "Connection: close", "", ""]
        with upstream:
            upstream.sendall("\r\n".join(lines).encode("latin-1"))
            _pump(upstream, client)

    def _dial(self, client: socket.socket, address: Address, scheme: str) -> socket.socket | None:
        """A connection to `address`, or None after the client has been told why not."""
        if (address[0].lower(), address[1]) not in self.allowed:
            self._refuse(client, address, b"403 Forbidden")
            return None
        try:
            proxy = self._upstream_proxy(address[0], scheme)
            return _through(proxy, address) if proxy else _direct(address)
        except OSError:
            self._refuse(client, address, b"502 Bad Gateway")
            return None

    def _refuse(self, client: socket.socket, address: Address, status: bytes) -> None:
        self.refused.append(f"{address[0]}:{address[1]}")
        client.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def _upstream_proxy(self, host: str, scheme: str) -> SplitResult | None:
        """The worker's own way out, from HTTPS_PROXY or HTTP_PROXY unless NO_PROXY names the host."""
        names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
        url = next((self.upstream[name] for name in names if self.upstream.get(name)), "")
        exempt = (self.upstream.get("no_proxy") or self.upstream.get("NO_PROXY") or "").split(",")
        if not url or any(word.strip() and (word.strip() == "*" or host.endswith(word.strip().lstrip("."))) for word in exempt):
            return None
        parts = urlsplit(url if "://" in url else f"http://{url}")
        return parts if parts.scheme == "http" and parts.hostname else None


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(8192)
        if not more or len(data) > HEAD_BYTES:
            raise ValueError("no request")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _address(target: str) -> Address | None:
    host, _, port = target.rpartition(":")
    if not _HOST.fullmatch(host) or not port.isdigit():
        return None
    return host.strip("[]"), int(port)


def _direct(address: Address) -> socket.socket:
    """Connect to an allowed name; a name that resolves to this machine or to a metadata service was not meant, however it got there."""
    is_literal = _is_own_machine(address[0])
    for family, kind, protocol, _, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        if not is_literal and _is_own_machine(str(place[0])):
            continue
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(place)
        except OSError:
            connection.close()
            continue
        connection.settimeout(IDLE_SECONDS)
        return connection
    raise ConnectionRefusedError(address[0])


def _is_own_machine(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        place = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    place = getattr(place, "ipv4_mapped", None) or place
    return place.is_loopback or place.is_link_local or place.is_unspecified or place.is_multicast


def _through(proxy: SplitResult, address: Address) -> socket.socket:
    """A tunnel through the worker's own proxy."""
    connection = socket.create_connection((proxy.hostname or "", proxy.port or 3128), timeout=CONNECT_SECONDS)
    name = f"{address[0]}:{address[1]}"
    lines = [f"CONNECT {name} HTTP/1.1", f"Host: {name}"]
    if proxy.username:
        secret = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
        lines.append("Proxy-Authorization: Basic " + base64.b64encode(secret).decode())
    try:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        head, _ = _read_head(connection)
        if head.split(b" ", 2)[1] != b"200":
            raise ConnectionRefusedError("the proxy refused")
    except (OSError, ValueError, IndexError) as error:
        connection.close()
        raise ConnectionRefusedError(str(error)) from error
    connection.settimeout(IDLE_SECONDS)
    return connection


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _pump_both(left: socket.socket, right: socket.socket) -> None:
    back = threading.Thread(target=_pump, args=(right, left), daemon=True)
    back.start()
    _pump(left, right)
    back.join()
