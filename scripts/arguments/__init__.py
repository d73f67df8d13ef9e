"""Arguments of all commands, in tables: ``node`` has the commands for users, ``training`` and ``project`` the others.

The modules import the standard library and modules of this repository that need no more: ``scripts/NAME`` checks its
arguments before anything is installed.
"""

import argparse
import importlib
from collections.abc import Sequence

from scripts.arguments.command import Command
from serving.arguments import Parser

_GROUPS = ("node", "training", "project")  # a container has the first only


def of(name: str) -> Command:
    """Return the arguments of a command. Raises KeyError."""
    for group in _GROUPS:
        commands: dict[str, Command] = importlib.import_module(f"{__name__}.{group}").COMMANDS
        if name in commands:
            return commands[name]
    raise KeyError(name)


def names() -> list[str]:
    """Return the names of all commands."""
    return sorted(name for group in _GROUPS for name in importlib.import_module(f"{__name__}.{group}").COMMANDS)


def parse(name: str, words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of a command. Raises SystemExit if one is wrong, and after help is shown."""
    command = of(name)
    parser = Parser(prog=f"scripts/{name}", description=command.about)
    command.add_to(parser)
    args = parser.parse_args(words)
    command.check(parser, args)
    return args
