"""Lint, check the format, and check types."""

import argparse
from collections.abc import Sequence

from serving.arguments import Parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/check", description=__doc__)
    parser.add_argument("--fix", action="store_true", help="first fix what can be fixed")
    return parser.parse_args(words)
