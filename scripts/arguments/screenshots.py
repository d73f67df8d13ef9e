"""Make the pictures of the playground in docs/images, in Chromium, with the running service."""

from pathlib import Path

from serving.arguments import Parser
from serving.paths import ROOT


def add(parser: Parser) -> None:
    parser.add_argument("--url", default="http://127.0.0.1:7860", help="of a running playground (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="folder (default: docs/images)")
