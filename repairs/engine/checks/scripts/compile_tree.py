"""Compile every Python file below the working folder; print one JSON row a failure."""

import json
import os
import sys
import warnings

SKIPPED = {".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".ruff_cache"}
warnings.simplefilter("ignore")


def main(roots):
    count = 0
    for root in roots:
        for path in [root] if os.path.isfile(root) else walk(root):
            count += 1
            row = failure(path)
            if row:
                print(json.dumps(row))
    print(json.dumps({"compiled": count}))


def walk(root):
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in SKIPPED and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg")))
        for name in sorted(files):
            path = os.path.join(folder, name)
            if name.endswith((".py", ".pyi")) and os.path.isfile(path) and not os.path.islink(path):
                yield path


def failure(path):
    try:
        with open(path, "rb") as file:
            source = file.read()
        markers = conflict_line(source)
        compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        rule = "merge-conflict" if markers else type(error).__name__
        message = "Conflict markers of a merge." if markers else str(error.msg)
        return {"path": path, "line": markers or error.lineno, "column": error.offset, "rule": rule, "message": message}
    except (ValueError, RecursionError, MemoryError, OverflowError, OSError) as error:
        return {"path": path, "line": None, "column": None, "rule": type(error).__name__, "message": str(error)}
    return None


def conflict_line(source):
    for number, line in enumerate(source.splitlines(), 1):
        if line.startswith((b"<<<<<<< ", b">>>>>>> ")):
            return number
    return None


main(sys.argv[1:] or ["."])
