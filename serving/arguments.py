"""The parser of every command: an argument that it does not know is reported in one line."""

import argparse
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """argparse's parser without abbreviations. Its errors are one sentence that says where the options are listed.

    A description is shown with its own line breaks.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        options = {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter} | options
        super().__init__(*args, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; {self.prog} --help shows what there is\n")
