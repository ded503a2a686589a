"""The state folder: data of the engines, artifacts, logs, and the secrets that only its owner may read."""

import json
import os
import secrets
from pathlib import Path
from typing import Any


class EngineTrouble(RuntimeError):
    """The embedded engines cannot do their work; the sentence says why and what to do."""


def state_dir() -> Path:
    """`$METABUILDER_STATE_DIR`, else /var/lib/metabuilder for root and the XDG state folder for others; made when missing."""
    given = os.environ.get("METABUILDER_STATE_DIR")
    path = Path(given).expanduser().absolute() if given else _default_dir()
    try:
        path.mkdir(parents=True, exist_ok=True)
        # Engines run as another uid below it; what is secret inside has its own mode.
        path.chmod(0o711)
    except OSError as error:
        raise EngineTrouble(
            f"The state folder {path} cannot be used: {error}. Set METABUILDER_STATE_DIR to a folder you may write."
        ) from error
    return path


def _default_dir() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/metabuilder")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "metabuilder"


def secret(state: Path, name: str) -> str:
    """A random secret kept in the state folder, made at the first call; of two first calls at once one wins."""
    path = state / f"{name}.secret"
    if not path.exists():
        temporary = state / f".{name}.{secrets.token_hex(4)}"
        write_private(temporary, secrets.token_urlsafe(48))
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass  # another process was first; its secret is the one
        finally:
            temporary.unlink()
    return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step for whoever reads it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return None
