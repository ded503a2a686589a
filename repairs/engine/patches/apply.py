"""Apply a rendered diff to a folder, all of it or nothing."""

import os
import subprocess
from pathlib import Path


class DiffDoesNotApply(Exception):
    """The folder is not what the diff was made against; the sentence is git's."""


def diff_apply(tree: Path, diff: str) -> None:
    """Apply with the git program, which checks everything first. Raises DiffDoesNotApply; then nothing is written."""
    # The ceiling keeps git from taking a repository above the folder for the one the paths belong to.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CEILING_DIRECTORIES": str(tree.resolve().parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HOME": os.devnull,
    }
    result = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=tree,
        input=diff.encode("utf-8", "surrogateescape"),
        capture_output=True,
        env=environment,
        check=False,
    )
    if result.returncode:
        raise DiffDoesNotApply(result.stderr.decode(errors="replace").strip())
