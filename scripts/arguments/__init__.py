"""Arguments of each command.

The modules import the standard library and modules of this repository that need no more: ``scripts/NAME`` checks its
arguments before anything is installed. The docstring of each is the command's help. It may have ``add``, for its
arguments, ``check``, which reports those that do not fit together, ``lock``, the lock that they need, and
``has_low_priority``, which says whether requests to the server use the cores first.
"""

import argparse
import importlib
from collections.abc import Sequence
from types import ModuleType

from serving.arguments import Parser


def of(name: str) -> ModuleType:
    """Return the module with the arguments of a command."""
    return importlib.import_module(f"{__name__}.{name}")


def parse(name: str, words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of a command. Raises SystemExit if one is wrong, and after help is shown."""
    module = of(name)
    parser = Parser(prog=f"scripts/{name}", description=module.__doc__)
    getattr(module, "add", lambda _: None)(parser)
    args = parser.parse_args(words)
    getattr(module, "check", lambda *_: None)(parser, args)
    return args
