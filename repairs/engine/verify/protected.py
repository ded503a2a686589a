"""Paths that a repair leaves alone, and how much it may change."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from repairs.engine.patches.hunks import hunks_of
from repairs.engine.types import FailureClass, Project, TreeEdits
from repairs.engine.verify.tampering import Tampering

ALWAYS = (
    ".git/*",
    ".github/*",
    ".gitlab-ci.yml",
    ".gitlab/*",
    ".circleci/*",
    ".travis.yml",
    "azure-pipelines.yml",
    "Jenkinsfile",
    "appveyor.yml",
    ".drone.yml",
    "bitbucket-pipelines.yml",
    "tox.ini",
    "noxfile.py",
    "Makefile",
    "makefile",
    "GNUmakefile",
    "justfile",
    ".pre-commit-config.yaml",
    ".env",
    ".env.*",
    "*.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "id_rsa*",
    "id_ed25519*",
    ".netrc",
    ".npmrc",
    ".pypirc",
    "metabuilder.toml",
    "sitecustomize.py",
    "usercustomize.py",
    "*.pth",
    ".eslintignore",
    ".prettierignore",
    ".flake8ignore",
    ".gitattributes",
)
LOCKS = ("*.lock", "package-lock.json", "pnpm-lock.yaml", "npm-shrinkwrap.json", "requirements*.lock")
REQUIREMENTS = (
    "requirements*.txt",
    "requirements/*.txt",
    "*requirements.txt",
    "*requirements.in",
    "setup.py",
    "Pipfile",
    "environment.yml",
    "constraints*.txt",
)
# Who may touch what a tree depends on: dependency repairs, and type repairs for stub packages.
MAY_DEPEND = frozenset({FailureClass.DEPENDENCY, FailureClass.TYPECHECK, FailureClass.TEST})


def protected_changes(edits: TreeEdits, before: Path, project: Project, classes: frozenset[FailureClass]) -> Iterator[Tampering]:
    """Changes of protected paths, outside the allowed ones, of binary content, or larger than the limits."""
    changed_lines = 0
    for path, after in sorted(edits.items()):
        file = before / path
        old = file.read_bytes() if file.is_file() else None
        if _matches(path, (*ALWAYS, *project.protected_paths)):
            yield Tampering("protected_path", path, None, "repairs leave this path alone")
        elif _matches(path, LOCKS) and FailureClass.DEPENDENCY not in classes or _matches(path, REQUIREMENTS) and not classes & MAY_DEPEND:
            yield Tampering("protected_path", path, None, "only repairs of dependencies may change it")
        if project.allowed_paths and not _matches(path, project.allowed_paths):
            yield Tampering("outside_allowed_paths", path, None, f"allowed: {', '.join(project.allowed_paths)}")
        if b"\0" in (after or b"") or b"\0" in (old or b""):
            yield Tampering("binary_hunk", path, None, "the content is not text")
            continue
        if file.is_symlink():
            yield Tampering("link_replaced", path, None, "a symbolic link is no text to mend")
        changed_lines += sum(hunk.end - hunk.start + len(hunk.lines) for hunk in hunks_of(old, after))
    if changed_lines > project.max_changed_lines or len(edits) > project.max_changed_files:
        detail = f"{changed_lines} lines in {len(edits)} files; at most {project.max_changed_lines} in {project.max_changed_files}"
        yield Tampering("too_large", "", None, detail)


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Globs without a slash match the name anywhere; those with one match from the root."""
    name = path.rsplit("/", 1)[-1]
    return any(fnmatch(path, pattern) or ("/" not in pattern and fnmatch(name, pattern)) for pattern in patterns)
