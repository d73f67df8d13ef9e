"""Argument parser of all commands. Errors about arguments are one line."""

import argparse
from collections.abc import Collection, Sequence
from typing import Any, NoReturn

from serving.errors import UserError


class Parser(argparse.ArgumentParser):
    """argparse's parser without abbreviations. Its errors are one sentence that refers to ``--help``.

    A description is shown with its own line breaks.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("allow_abbrev", False)
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; {self.prog} --help shows the options\n")


def choose(names: Sequence[str] | None, known: Collection[str]) -> list[str]:
    """Return the chosen names in the order of ``known``, or all known names. Raises UserError for an unknown name."""
    if unknown := sorted(set(names or ()) - set(known)):
        raise UserError(f"there is no {', '.join(unknown)}: choose from {', '.join(known)}")
    return [name for name in known if not names or name in names]
