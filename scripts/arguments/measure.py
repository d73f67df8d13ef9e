"""Measure what scripts/up costs on this machine, in a folder of its own; write docs/cost.txt and README.md."""

import argparse
from collections.abc import Sequence

from serving.arguments import Parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/measure", description=__doc__)
    parser.add_argument("--readme", action="store_true", help="only write README.md, from docs/cost.txt")
    return parser.parse_args(words)
