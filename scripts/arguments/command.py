"""Description of a command: its options and its subcommands."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from serving import paths
from serving.arguments import Parser


class Option(NamedTuple):
    """An argument.

    value  default, which also decides the type; False for a switch; a type if there is no default
    more   further arguments of ``add_argument``
    """

    name: str
    value: Any
    about: str
    more: Mapping[str, Any] = {}

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        words: dict[str, Any] = {"help": self.about}
        if self.value is False:
            words["action"] = "store_true"
        elif callable(self.value):
            words["type"] = self.value
        else:
            words |= {"type": type(self.value), "default": self.value, "help": self.about + _shown(self.value)}
        parser.add_argument(self.name, **words | dict(self.more))


class Command(NamedTuple):
    """A command or a subcommand.

    about             help text
    verbs             subcommands; ``choice`` has the arguments of ``add_subparsers``
    check             reports arguments that do not fit together
    lock              returns the lock in requirements/ that the arguments need
    has_low_priority  returns whether the command runs at low priority, so that requests use the cores first
    """

    about: str
    options: Sequence[Option] = ()
    verbs: Mapping[str, "Command"] = {}
    choice: Mapping[str, Any] = {}
    check: Callable[[Parser, argparse.Namespace], None] = lambda *_: None
    lock: Callable[[argparse.Namespace], str] = lambda _: ""
    has_low_priority: Callable[[argparse.Namespace], bool] = lambda _: False

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        for option in self.options:
            option.add_to(parser)
        if self.verbs:
            verbs = parser.add_subparsers(**self.choice)
            for name, verb in self.verbs.items():
                verb.add_to(verbs.add_parser(name, help=verb.about))


def _shown(default: Any) -> str:
    """Return the help text for a default. A path is shown relative to the repository."""
    if default == "":
        return ""
    if isinstance(default, Path) and default.is_relative_to(paths.ROOT):
        default = default.relative_to(paths.ROOT)
    return f" (default: {f'{default:g}' if isinstance(default, float) else default})"


NAMES = {"nargs": "+", "metavar": "NAME"}
DIRECTORY = Option("--directory", paths.RUN, "run folder")
MODEL = Option("--model", "", "name of the model (default: the main one)", {"metavar": "NAME"})
PORTS = Option("--ports", str, "first port; the run folder remembers it; undo: --ports default", {"metavar": "FIRST"})
DATA = Option("--data", Path, "your own images in folders, or IDX, .npz or .npy files (default: MNIST)")
