"""A package index of our own on loopback, with wheels and source distributions made on the spot."""

import base64
import contextlib
import functools
import hashlib
import http.server
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path


def make_wheel(folder: Path, name: str, version: str, files: Mapping[str, str], requires: tuple[str, ...] = ()) -> None:
    info = f"{name}-{version}.dist-info"
    metadata = "".join(f"Requires-Dist: {line}\n" for line in requires)
    everything = dict(files) | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, content in everything.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(content.encode())}\n"
    target = folder / name.replace("_", "-")
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target / f"{name}-{version}-py3-none-any.whl", "w") as pack:
        for path, content in (everything | {f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}).items():
            pack.writestr(path, content)


# A build backend that needs nothing: it runs `build.py`, whose variable FILES is what the wheel holds.
BACKEND = """
import pathlib, zipfile

def _name():
    lines = pathlib.Path("PKG-INFO").read_text().splitlines()
    return [line.split(": ")[1] for line in lines if line.startswith(("Name", "Version"))]

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name, version = _name()
    scope = {}
    exec(pathlib.Path("build.py").read_text(), scope)
    info = f"{name}-{version}.dist-info"
    files = dict(scope["FILES"])
    files[f"{info}/METADATA"] = pathlib.Path("PKG-INFO").read_text()
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    record = f"{info}/RECORD"
    files[record] = "".join(f"{path},,\\n" for path in [*files, record])
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / wheel, "w") as pack:
        for path, content in files.items():
            pack.writestr(path, content)
    return wheel
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def source_files(name: str, version: str, build: str, requires: tuple[str, ...] = ()) -> dict[str, str]:
    """The files of a project that is built by `BACKEND`."""
    info = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(f"Requires-Dist: {line}\n" for line in requires)
    return {"backend.py": BACKEND, "pyproject.toml": PYPROJECT, "PKG-INFO": info, "build.py": build}


def make_sdist(folder: Path, name: str, version: str, build: str) -> None:
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target / f"{name}-{version}.tar.gz", "w:gz") as tar:
        for path, content in source_files(name, version, build).items():
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            info.size = len(content.encode())
            tar.addfile(info, io.BytesIO(content.encode()))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """URL of a simple index over `folder`; directory listings are what an index page needs."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
