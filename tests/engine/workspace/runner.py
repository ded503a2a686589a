"""Run one command in a sandbox under the identity of whoever started this program; orders and answer are JSON."""

import dataclasses
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from repairs.engine.types import Limits
from repairs.engine.workspace.sandbox import sandbox_open
from repairs.engine.workspace.tree import workspace_open


def run_command(orders: dict[str, Any]) -> dict[str, Any]:
    """Copy `source` into `parent`, run `argv` in the copy with the tree and the scratch folder writable; say how it ended."""
    hidden = [Path(orders["hidden"])] if orders.get("hidden") else []
    sandbox = sandbox_open(orders["backend"], required=orders.get("required", True), hidden=hidden)
    with workspace_open(Path(orders["source"]), parent=Path(orders["parent"])) as workspace:
        argv = [sys.executable if word == "{python}" else word for word in orders["argv"]]
        result = sandbox.run(
            argv,
            cwd=workspace.tree,
            writable=[workspace.tree, workspace.scratch],
            readable=[Path(path) for path in orders.get("readable", [])],
            env=orders.get("env", {}),
            limits=Limits(**orders.get("limits", {})),
            stdin=orders.get("stdin", "").encode(),
        )
        left = dict(_left(workspace.tree, "", depth=4))
    gone = not workspace.root.exists()
    return dataclasses.asdict(result) | {"left": left, "is_gone": gone, "uid": os.geteuid()}


def _left(tree: Path, prefix: str, depth: int) -> Iterator[tuple[str, list[int]]]:
    """Name -> owner and mode of what lies in a tree, so many folders deep."""
    try:
        names = sorted(os.listdir(tree / prefix))  # noqa: PTH208
    except OSError:
        return
    for name in (f"{prefix}/{found}" if prefix else found for found in names):
        status = (tree / name).lstat()
        yield name, [status.st_uid, status.st_mode]
        if depth and stat.S_ISDIR(status.st_mode):
            yield from _left(tree, name, depth - 1)


if __name__ == "__main__":
    print(json.dumps(run_command(json.loads(sys.stdin.read()))))
