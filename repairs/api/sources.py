"""Where a tree comes from: exactly one of an archive, a git URL, or a path below an allowed root."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rest_framework import serializers

from metabuilder.kernel.errors import Forbidden, InvalidInput
from repairs.services.artifacts import upload_store

KINDS = ("archive", "git_url", "path")


class SourceFields(serializers.Serializer[Any]):
    archive = serializers.FileField(required=False, help_text="tar, tar.gz, tar.bz2, tar.xz or zip")
    git_url = serializers.CharField(required=False, max_length=2000)
    ref = serializers.RegexField(r"^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$", required=False, default="HEAD", help_text="branch, tag or commit")
    path = serializers.CharField(required=False, max_length=4000, help_text="folder on the server, below META_V4_SOURCE_ROOTS")


def source_accept(data: dict[str, Any], *, roots: list[str], protocols: list[str], max_bytes: int) -> dict[str, Any]:
    """The source as a run stores it. Raises InvalidInput or Forbidden; an archive is kept in the artifact store."""
    given = [kind for kind in KINDS if data.get(kind)]
    if len(given) != 1:
        raise InvalidInput(f"A run has one source; {', '.join(given) or 'none'} was given.", hint="Send archive, git_url or path.")
    if given == ["git_url"]:
        return {"kind": "git", "url": _allowed_url(data["git_url"], protocols), "ref": data["ref"]}
    if given == ["path"]:
        return {"kind": "path", "path": _allowed_path(data["path"], roots)}
    if data["archive"].size > max_bytes:
        raise InvalidInput(f"The archive has {data['archive'].size} bytes; at most {max_bytes} are taken.", hint="META_V4_SOURCE_MAX_BYTES")
    return {"kind": "archive", "upload": upload_store(data["archive"]), "name": data["archive"].name}


def _allowed_url(url: str, protocols: list[str]) -> str:
    parts = urlsplit(url)
    if parts.scheme not in protocols:
        raise InvalidInput(
            f"git_url has protocol {parts.scheme or 'none'!r}; allowed are {', '.join(protocols)}.", hint="META_V4_GIT_PROTOCOLS"
        )
    if parts.password:
        raise InvalidInput("git_url carries a password.", hint="Configure credentials on the workers; they are not taken from requests.")
    return url


def _allowed_path(text: str, roots: list[str]) -> str:
    path = Path(text)
    if not path.is_absolute():
        raise InvalidInput("path is not absolute.", hint="Give the whole path on the server.")
    real = path.resolve()
    if not any(real.is_relative_to(Path(root).resolve()) for root in roots):
        allowed = ", ".join(roots) or "none"
        raise Forbidden(f"path is not below an allowed root; allowed: {allowed}.", hint="META_V4_SOURCE_ROOTS, or upload an archive.")
    return str(real)
