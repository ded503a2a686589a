"""Print, as JSON, every import of the tree that nothing provides, asking the environment's own Python."""

import ast
import importlib.util
import json
import os
import sys
import warnings

SKIPPED = {".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox"}
REMOVED = {
    "asynchat",
    "asyncore",
    "distutils",
    "imp",
    "smtpd",
    "aifc",
    "audioop",
    "cgi",
    "cgitb",
    "chunk",
    "crypt",
    "imghdr",
    "mailcap",
    "msilib",
    "nis",
    "nntplib",
    "ossaudiodev",
    "pipes",
    "sndhdr",
    "spwd",
    "sunau",
    "telnetlib",
    "uu",
    "xdrlib",
    "lib2to3",
}
warnings.simplefilter("ignore")


def main():
    files = list(walk("."))
    own = own_names(files)
    for path in files:
        for name, line, column in imports_of(path):
            top = name.split(".")[0]
            if top in own or provided(top):
                continue
            rule = "removed-stdlib" if top in REMOVED else "missing-import"
            print(json.dumps({"path": path, "line": line, "column": column, "rule": rule, "module": name}))
    print(json.dumps({"files": len(files)}))


def walk(root):
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in SKIPPED and not os.path.exists(os.path.join(folder, n, "pyvenv.cfg")))
        for name in sorted(files):
            path = os.path.join(folder, name)
            if name.endswith(".py") and os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, root)


def own_names(files):
    """Every module and package name of the tree, wherever it lies: tests and scripts put many folders on the path."""
    names = set()
    for path in files:
        parts = path.split(os.sep)
        names.update(parts[:-1])
        names.add(parts[-1][:-3])
    return names


def imports_of(path):
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return []
    found = []
    collect(tree, found, False)
    return found


def collect(node, found, guarded):
    """Imports that the code itself can do without, inside `try … except ImportError` or `if TYPE_CHECKING`, are its own business."""
    if isinstance(node, ast.Import) and not guarded:
        found.extend((alias.name, node.lineno, node.col_offset + 1) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not guarded and not node.level and node.module:
        found.append((node.module, node.lineno, node.col_offset + 1))
    for name, value in ast.iter_fields(node):
        inside = guarded or (name == "body" and (catches(node) or type_checking(node)))
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                collect(child, found, inside)


def catches(node):
    if not isinstance(node, ast.Try):
        return False
    names = {sub.id for handler in node.handlers if handler.type for sub in ast.walk(handler.type) if isinstance(sub, ast.Name)}
    return any(handler.type is None for handler in node.handlers) or bool(names & {"ImportError", "ModuleNotFoundError", "Exception"})


def type_checking(node):
    return isinstance(node, ast.If) and any(getattr(sub, "id", getattr(sub, "attr", "")) == "TYPE_CHECKING" for sub in ast.walk(node.test))


def provided(top):
    if top in sys.builtin_module_names or top in sys.stdlib_module_names and top not in REMOVED or top == "__future__":
        return True
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError, AttributeError):
        return False


main()
