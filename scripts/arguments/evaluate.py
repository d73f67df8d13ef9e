"""Measure trained bundles on the test set, foreign digits and other images; write their model card and pictures."""

from pathlib import Path

from serving.arguments import Parser
from serving.paths import ROOT


def add(parser: Parser) -> None:
    parser.add_argument(
        "--bundle",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="folders that scripts/train wrote (default: those of bundles/ named default, best and best-seed-*)",
    )
    parser.add_argument("--data", type=Path, help="the data they were trained with (default: MNIST)")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where model-card.md and images/ are written")
