"""Search for better hyperparameters by cross-validation on the training set alone.

Stopped or killed, the same command continues; started twice, both work on the same study.
"""

from pathlib import Path

from scripts.options import add_data
from serving.arguments import Parser
from serving.paths import ROOT

_SAMPLERS, _PRUNERS = ("tpe", "random", "grid"), ("median", "hyperband", "none")


def add(parser: Parser) -> None:
    parser.epilog = "A study that exists continues as it was made: only its name needs to be given."
    parser.add_argument("--study", default="digits", help="its name (default: %(default)s)")
    parser.add_argument("--trials", type=int, help="finished trials in all, not more (default: 25; grid: all points)")
    parser.add_argument("--base", help="preset that is changed, or a file *.toml of one (default: default)")
    parser.add_argument(
        "--space", type=Path, help="what is searched (default: training/tuning/space.toml, or grid.toml)"
    )
    parser.add_argument("--sampler", choices=_SAMPLERS, help="default: tpe")
    parser.add_argument("--pruner", choices=_PRUNERS, help="default: median")
    parser.add_argument("--folds", type=int, help="of the cross-validation (default: 3)")
    parser.add_argument("--epochs", type=int, help="of every network (default: the preset's)")
    parser.add_argument("--images", type=int, help="training images that are used (default: all)")
    parser.add_argument("--seed", type=int, help="draws folds, weights and trials (default: 0)")
    add_data(parser)
    parser.add_argument("--processes", type=int, default=1, help="at once on this machine (default: 1)")
    parser.add_argument("--storage", metavar="URL", help="a database (default: SQLite in .studies/tuning/<study>)")
    parser.add_argument("--grace", type=int, default=30, help="seconds without a sign of life that end a trial (30)")
    parser.add_argument("--studies", type=Path, default=ROOT / ".studies" / "tuning", help="folder of all studies")
    parser.add_argument("--docs", type=Path, help="where the report is written (default: beside the study)")
    parser.add_argument("--report", action="store_true", help="only write the report of what is there")
    parser.add_argument("--quick", action="store_true", help="600 images, 2 epochs, 2 folds, 6 trials: to see it work")
