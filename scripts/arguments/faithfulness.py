"""Measure whether the explanations of a bundle are faithful to it; write docs/explanations.md and its pictures.

Stopped or killed, the same command continues with what is not explained yet.
"""

from pathlib import Path

from serving import paths
from serving.arguments import Parser


def add(parser: Parser) -> None:
    docs, results = paths.ROOT / "docs", paths.ROOT / ".studies" / "faithfulness"
    parser.add_argument(
        "--bundle", type=Path, default=paths.BUNDLE, help="a file of scripts/train (default: bundles/default)"
    )
    parser.add_argument("--images", type=int, default=1000, help="test images to explain, 100 or more (default: 1000)")
    parser.add_argument("--docs", type=Path, default=docs, help="where explanations.md and images/ go")
    parser.add_argument("--results", type=Path, default=results, help="what is done already")
