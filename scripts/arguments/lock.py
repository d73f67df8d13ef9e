"""Resolve requirements/*.in into locks with hashes. Needs uv on PATH; no other command does."""

import argparse
from collections.abc import Sequence

from serving.arguments import Parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    return Parser(prog="scripts/lock", description=__doc__).parse_args(words)
