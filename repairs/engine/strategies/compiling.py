"""The last word on syntax: the interpreter that will run the tree."""

import json
from collections.abc import Mapping

from repairs.engine.bench import Bench
from repairs.engine.types import Limits

LIMITS = Limits(seconds=120.0, memory_bytes=2 * 1024**3)
_PROBE = """
import json, sys, warnings
warnings.simplefilter("ignore")
fine = []
for name in json.load(sys.stdin):
    try:
        with open(name, "rb") as file:
            compile(file.read(), name, "exec", dont_inherit=True)
        fine.append(name)
    except Exception:
        pass
print(json.dumps(fine))
"""


def compiling_edits(bench: Bench, contents: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """The contents, written to the tree, that the tree's own interpreter compiles; the others get their old content back."""
    if not contents:
        return {}
    before = {path: (bench.tree / path).read_bytes() for path in contents}
    for path, content in contents.items():
        (bench.tree / path).write_bytes(content)
    sources = [path for path in contents if path.endswith((".py", ".pyi", ".pyw"))]
    result = bench.run([str(bench.environment.python), "-I", "-c", _PROBE], stdin=json.dumps(sources).encode(), limits=LIMITS)
    try:
        fine = set(json.loads(result.stdout))
    except ValueError:
        fine = set()
    kept: dict[str, bytes | None] = {}
    for path, content in contents.items():
        if path in fine or path not in sources:
            kept[path] = content
        else:
            (bench.tree / path).write_bytes(before[path])
    return kept
