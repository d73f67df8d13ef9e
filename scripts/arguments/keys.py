"""Print the running server's keys as shell variables; renew those that have expired.

eval "$(scripts/keys)"
"""

import argparse
from collections.abc import Sequence

from scripts.options import add_directory
from serving.arguments import Parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/keys", description=__doc__)
    add_directory(parser)
    return parser.parse_args(words)
