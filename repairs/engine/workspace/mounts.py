"""Which paths of the machine a sandboxed command sees, and how."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SYSTEM_FOLDERS = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin")
ETC_FILES = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/mime.types",
    "/etc/protocols",
    "/etc/services",
)
PASSWD = "root:x:0:0:root:/root:/usr/sbin/nologin\nbuild:x:{uid}:{uid}:build:/tmp/home:/bin/sh\n"
GROUP = "root:x:0:\nbuild:x:{uid}:\n"
HOSTS = "127.0.0.1 localhost bench\n::1 localhost\n"
NSSWITCH = "passwd: files\ngroup: files\nhosts: files\n"
FIXED_ENVIRONMENT = {
    "HOME": "/tmp/home",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TMPDIR": "/tmp",
    "TZ": "UTC",
    "USER": "build",
}


@dataclass(frozen=True)
class Mount:
    path: Path  # the same inside as outside
    kind: str  # "ro", "rw" or "hidden"


def fixed_environment(cwd: Path) -> dict[str, str]:
    """The environment every command starts from; the caller's variables come on top.

    METABUILDER_TREE tells prepared environments which copy of the tree their modules come from.
    """
    path = os.pathsep.join((f"{sys.prefix}/bin", "/usr/local/bin", "/usr/bin", "/bin"))
    return FIXED_ENVIRONMENT | {"PATH": path, "METABUILDER_TREE": str(cwd.resolve())}


@cache
def platform_paths() -> tuple[Path, ...]:
    """What the platform's own interpreter and tools need to run: the virtual environment and the Python under it."""
    found: list[Path] = []
    for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix):
        for path in (Path(prefix), Path(prefix).resolve()):
            found.extend(_narrowed(path))
    return tuple(dict.fromkeys(path for path in found if not _is_below_any(path, map(Path, SYSTEM_FOLDERS))))


def _narrowed(prefix: Path) -> Iterable[Path]:
    """A Python installed straight into a home folder or `/` must not show everything else that lies there."""
    if not _home().is_relative_to(prefix):
        return [prefix] if prefix.exists() else []
    return [prefix / name for name in ("bin", "lib", "lib64", "include", "share") if (prefix / name).exists()]


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user that no list of users knows, and no HOME
        return Path("/root")


def _is_below_any(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def plan_mounts(*, writable: Sequence[Path], readable: Sequence[Path], hidden: Sequence[Path]) -> list[Mount]:
    """Mounts in the order to make them: outer folders before inner ones, so what is inner wins.

    A folder asked for twice is writable if one asks so. `hidden` folders show up empty, but for what lies in them and was asked for.
    """
    kinds: dict[Path, str] = {}
    for path in (*platform_paths(), *readable):
        kinds[path.resolve()] = "ro"
        kinds[path.absolute()] = "ro"
    covered = [*kinds, *(path.resolve() for path in writable)]
    for path in hidden:
        if path.is_dir() and any(path.resolve() != outer and path.resolve().is_relative_to(outer) for outer in covered):
            kinds.setdefault(path.resolve(), "hidden")
    for path in writable:
        kinds[path.resolve()] = "rw"
        kinds[path.absolute()] = "rw"
    return [Mount(path, kind) for path, kind in sorted(kinds.items(), key=lambda item: len(item[0].parts))]
