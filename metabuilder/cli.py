"""The metabuilder command."""

import argparse
import importlib
import sys
from collections.abc import Sequence

# One module a command, with add_parser(subparsers) and run(arguments) -> exit code; each is loaded when the command line is read,
# and loads what it needs when it runs.
COMMANDS = ("repair", "up", "demo", "token", "doctor")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 2 for wrong usage."""
    description = "A build that repairs itself, and a control room that operators trust."
    parser = argparse.ArgumentParser(prog="metabuilder", description=description)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {name: importlib.import_module(f"metabuilder.commands.{name}") for name in COMMANDS}
    for module in modules.values():
        module.add_parser(subparsers)
    arguments = parser.parse_args(argv)
    try:
        return int(modules[arguments.command].run(arguments))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
