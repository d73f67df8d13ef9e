"""Let everything finish that was accepted, and stop what scripts/up or scripts/serve started, and the playground.

No process, socket or temporary folder is left.
"""

import argparse
from collections.abc import Sequence

from scripts.options import add_directory
from serving.arguments import Parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/down", description=__doc__)
    add_directory(parser)
    return parser.parse_args(words)
