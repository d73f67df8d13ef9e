"""Compare models by cross-validation, or methods of training at equal budget, on the training set alone.

Stopped or killed, the same command continues with what is not recorded yet.
"""

from pathlib import Path

from scripts.options import add_data
from serving.arguments import Parser
from serving.paths import ROOT


def add(parser: Parser) -> None:
    parser.add_argument("what", nargs="?", choices=("models", "methods"), default="models", help="default: %(default)s")
    add_data(parser)
    parser.add_argument("--folds", type=int, default=5, help="of the cross-validation of models (default: 5)")
    parser.add_argument("--seed", type=int, default=0, help="draws the folds and the weights (default: 0)")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="some of the models, e.g. 'MLP 128'")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once, each on one thread (default: 1)")
    parser.add_argument("--quick", action="store_true", help="600 images and few epochs: to see it work")
    parser.add_argument("--results", type=Path, default=ROOT / ".studies", help="folder of what is done already")
    parser.add_argument(
        "--docs", type=Path, help="where the report is written (default: docs; --quick: docs/ in --results)"
    )
