"""Make the pictures of the playground in docs/images, in Chromium, with the running service."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from serving.arguments import Parser
from serving.paths import ROOT


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:7860", help="of a running playground (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="folder (default: docs/images)")
    return parser.parse_args(words)
