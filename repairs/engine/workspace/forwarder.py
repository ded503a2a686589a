"""The way out of a sandbox that may reach the package proxy: 127.0.0.1 inside to a unix socket that leads outside.

The file is also a program: it runs inside the sandbox, without the platform's packages, and then becomes the command.
"""

import contextlib
import os
import socket
import sys
import threading
from pathlib import Path

PORT = 3128  # where the sandbox has a network of its own, so never taken
_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def proxy_variables(port: int = PORT) -> dict[str, str]:
    return dict.fromkeys(_NAMES, f"http://127.0.0.1:{port}")


def free_port() -> int:
    """A port that nobody listens on now; for backends that share the machine's network."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def source() -> str:
    return Path(__file__).read_text(encoding="utf-8")


def _pump(source_socket: socket.socket, target: socket.socket) -> None:
    try:
        while data := source_socket.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _connect(client: socket.socket, path: str) -> None:
    with client, socket.socket(socket.AF_UNIX) as upstream:
        try:
            upstream.connect(path)
        except OSError:
            return
        back = threading.Thread(target=_pump, args=(upstream, client), daemon=True)
        back.start()
        _pump(client, upstream)
        back.join()


def _serve(listener: socket.socket, path: str) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_connect, args=(client, path), daemon=True).start()


def main(path: str, port: int, command: list[str]) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    if os.fork():
        listener.close()
        os.execvp(command[0], command)
    devnull = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(devnull, descriptor)  # the command's pipes must close when the command ends
    _serve(listener, path)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
