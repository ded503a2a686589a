"""The artifact store: snapshots and edits by content address, uploads by random name; any worker can read them."""

import shutil
import tempfile
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from metabuilder.kernel.ids import new_id
from repairs.engine.patches.edits import edits_digest, edits_from_bytes, edits_to_bytes
from repairs.engine.types import TreeEdits


def upload_store(content: IO[bytes]) -> str:
    """Keep an uploaded archive as it came; returns its name in the store."""
    return default_storage.save(f"uploads/{new_id('upload')}", File(content))


def upload_fetch(name: str) -> Path:
    """A private local copy of an upload; the caller removes it."""
    return _fetch(name)


def upload_forget(name: str) -> None:
    default_storage.delete(name)


def snapshot_store(digest: str, archive: Path) -> None:
    """Keep a snapshot under its content address; safe to repeat."""
    name = _snapshot_name(digest)
    if not default_storage.exists(name):
        with archive.open("rb") as content:
            default_storage.save(name, File(content))


def snapshot_fetch(digest: str) -> Path:
    """A private local copy of a snapshot's archive; the caller removes it. Raises FileNotFoundError."""
    return _fetch(_snapshot_name(digest))


def edits_store(edits: TreeEdits) -> str:
    """Keep edits under their content address; returns it."""
    digest = edits_digest(edits)
    if not default_storage.exists(_edits_name(digest)):
        default_storage.save(_edits_name(digest), ContentFile(edits_to_bytes(edits)))
    return digest


def edits_load(digest: str) -> dict[str, bytes | None]:
    """The edits under a content address; none for the empty one. Raises FileNotFoundError."""
    if not digest:
        return {}
    with default_storage.open(_edits_name(digest)) as content:
        return dict(edits_from_bytes(content.read()))


def _snapshot_name(digest: str) -> str:
    return f"trees/{digest[:2]}/{digest}.tar"


def _edits_name(digest: str) -> str:
    return f"edits/{digest[:2]}/{digest}.json"


def _fetch(name: str) -> Path:
    with default_storage.open(name) as source, tempfile.NamedTemporaryFile(delete=False, prefix="metabuilder-") as target:
        shutil.copyfileobj(source, target)
    return Path(target.name)
