"""The parser of every command: an argument that it does not know is reported in one line."""

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """argparse's, whose errors are one sentence that says where the options are listed."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; {self.prog} --help shows what there is\n")
