"""The sandboxed side of rewriting: reads jobs from standard input, writes new contents to standard output.

Source is data here and is never imported or run. A file that cannot be parsed, or that a rewrite stumbles over, is left out.
"""

import base64
import json
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from repairs.engine.strategies.codemods import lint, star_task, syntax_task
from repairs.engine.strategies.codemods.source import Options, Place

RECURSION_LIMIT = 3000
# task -> (path, content, other content, places, options, context, notes) -> new content
Task = Callable[[str, bytes, bytes, list[Place], Options, Mapping[str, Any], list[str]], bytes]
TASKS: Mapping[str, Task] = {
    "lint": lint.rewrite_file,
    "star_imports": star_task.rewrite_file,
    "merge_conflicts": syntax_task.resolve_file,
    "syntax_errors": syntax_task.mend_file,
}


def main() -> None:
    """Answer one message."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(RECURSION_LIMIT)
    message = json.loads(sys.stdin.buffer.read())
    task, options = TASKS[message["task"]], Options(**message["options"])
    contents: dict[str, str] = {}
    notes: list[str] = []
    for job in message["jobs"]:
        places = [Place(*place) for place in job["places"]]
        content, other = base64.b64decode(job["content"]), base64.b64decode(job["other"])
        try:
            new = task(job["path"], content, other, places, options, message["context"], notes)
        except Exception as error:  # hostile source: any file may trip any rewrite, and only itself is left out
            print(f"{job['path']}: {type(error).__name__}: {error}"[:300], file=sys.stderr)
        else:
            contents[job["path"]] = base64.b64encode(new).decode()
    json.dump({"contents": contents, "notes": notes}, sys.stdout)
