"""Print the configuration of a HAProxy before several nodes.

scripts/edge one=10.0.0.1:8443 two=10.0.0.2:8443 > edge.cfg
"""

import argparse
from collections.abc import Sequence

from serving.arguments import Parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/edge", description=__doc__)
    parser.add_argument("nodes", nargs="+", metavar="NAME=HOST:PORT", help="a node, and where its gateway listens")
    return parser.parse_args(words)
