"""Search for better hyperparameters by cross-validation on the training set alone.

Stopped or killed, the same command goes on; started twice, both work on the same study.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.computing import computing
from serving.arguments import Parser
from serving.paths import ROOT

if TYPE_CHECKING:
    from training.tuning.study import Study

RESUME = "the same command continues the study"
_SAMPLERS, _PRUNERS = ("tpe", "random", "grid"), ("median", "hyperband", "none")


def arguments() -> argparse.Namespace:
    parser = Parser(
        description=__doc__, epilog="A study that exists goes on as it was made: only its name needs to be given."
    )
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
    parser.add_argument("--data", type=Path, help="your own IDX files, or folders 0 to 9 of images (default: MNIST)")
    parser.add_argument("--processes", type=int, default=1, help="at once on this machine (default: 1)")
    parser.add_argument("--storage", metavar="URL", help="a database (default: SQLite in .studies/tuning/<study>)")
    parser.add_argument("--grace", type=int, default=30, help="seconds without a sign of life that end a trial (30)")
    parser.add_argument("--studies", type=Path, default=ROOT / ".studies" / "tuning", help="folder of all studies")
    parser.add_argument("--docs", type=Path, help="where the report is written (default: beside the study)")
    parser.add_argument("--report", action="store_true", help="only write the report of what is there")
    parser.add_argument("--quick", action="store_true", help="600 images, 2 epochs, 2 folds, 6 trials: to see it work")
    return parser.parse_args()


def tune(asked: argparse.Namespace) -> None:
    from training.tuning import crew, storage, study

    crew.quiet()
    folder = asked.studies / _name(asked.study)
    address = asked.storage or storage.url(folder / "study.db")
    held = storage.connect(address, asked.grace)
    found = study.load(held, asked.study) if asked.report else _searched(asked, address)
    _report(asked, found, folder)


def _report(asked: argparse.Namespace, found: "Study", folder: Path) -> None:
    from training.tuning import report

    docs, winner = asked.docs or folder, folder / f"{asked.study}.toml"
    report.write(found, docs, winner, asked.grace)
    print(report.table(found))
    print(f"written: {docs}/tuning.md, {docs}/images/tuning-*.png")
    print(f"the winner: scripts/train --preset {os.path.relpath(winner)}")


def _searched(asked: argparse.Namespace, address: str) -> "Study":
    from training import job
    from training.tuning import settings, space, storage, study
    from training.tuning.crew import Crew
    from training.tuning.progress import Progress

    wanted = settings.Asked(
        asked.base,
        asked.epochs,
        asked.space,
        asked.sampler,
        asked.pruner,
        asked.folds,
        asked.seed,
        asked.images,
        asked.quick,
    )
    if asked.space:
        space.parse(space.read(asked.space))  # before the data is fetched
    examples = job.prepare(asked.data).train
    held = storage.connect(address, asked.grace)
    found = study.begin(held, asked.study, lambda recorded: settings.settle(wanted, examples, recorded))
    found.set_goal(asked.trials, default=6 if asked.quick else 25)
    chosen = settings.chosen(examples, found.settings.images)
    progress = Progress(found)
    try:
        Crew(address, asked.grace, asked.study, chosen, asked.processes).run(progress.update)
    finally:
        progress.close()
    return found


def _name(study: str) -> str:
    """Raises ValueError if no file can have this name."""
    if not study or study.startswith(".") or "/" in study:
        raise ValueError(f"a study cannot be named {study!r}: use letters, digits and dashes")
    return study


def main() -> int:
    asked = arguments()
    with computing():
        tune(asked)
    return 0
