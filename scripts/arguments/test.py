"""Prepare what the tests need, then run pytest, with these arguments if there are any.

scripts/test                              everything
scripts/test tests/unit -k protocols      a part
"""

import argparse
from collections.abc import Sequence

from serving.arguments import Parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/test", description=__doc__)
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="of pytest")
    return parser.parse_args(words)
