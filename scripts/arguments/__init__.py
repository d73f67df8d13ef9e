"""Arguments of all commands, in tables: ``node`` has the commands for users, ``training`` and ``project`` the others.

``scripts/NAME`` checks its arguments before anything is installed. These modules and their imports therefore need
only the standard library.
"""

import argparse
import importlib
from collections.abc import Sequence

from scripts.arguments.command import Command
from serving.arguments import Parser

_GROUPS = ("node", "training", "project")  # a container has only the first


def of(name: str) -> Command:
    """Return the arguments of a command. Raises KeyError for an unknown command."""
    for group in _GROUPS:
        commands: dict[str, Command] = importlib.import_module(f"{__name__}.{group}").COMMANDS
        if name in commands:
            return commands[name]
    raise KeyError(name)


def names() -> list[str]:
    """Return the names of all commands."""
    return sorted(name for group in _GROUPS for name in importlib.import_module(f"{__name__}.{group}").COMMANDS)


def parse(name: str, words: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of a command. Raises SystemExit after help, and for a wrong argument."""
    command = of(name)
    parser = Parser(prog=f"scripts/{name}", description=command.about)
    command.add_to(parser)
    args = parser.parse_args(words)
    command.check(parser, args)
    return args
