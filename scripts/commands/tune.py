"""Search for better hyperparameters by cross-validation on the training set."""

import argparse
import os
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.computing import computing

if TYPE_CHECKING:
    from training.tuning.study import Study

RESUME = "the same command continues the study"


@computing()
def run(args: argparse.Namespace) -> None:
    from training.tuning import storage, study, workers

    workers.quiet()
    folder = args.studies / _name(args.study)
    address = args.storage or storage.url(folder / "study.db")
    optuna_storage = storage.connect(address, args.grace)
    result = study.load(optuna_storage, args.study) if args.report else _searched(args, address)
    _report(args, result, folder)


def _report(args: argparse.Namespace, result: "Study", folder: Path) -> None:
    from training.tuning import tuning_report

    docs, winner = args.docs or folder, folder / f"{args.study}.toml"
    tuning_report.write(result, docs, winner, args.grace)
    print(tuning_report.table(result))
    print(f"written: {docs}/tuning.md, {docs}/images/tuning-*.png")
    print(f"the winner: scripts/train --preset {os.path.relpath(winner)}")


def _searched(args: argparse.Namespace, address: str) -> "Study":
    from model import SPEC
    from training.data.parts import prepare
    from training.digits import data, outliers
    from training.fit import presets
    from training.tuning import settings, space, storage, study
    from training.tuning.progress import Progress
    from training.tuning.workers import WorkerPool

    wanted = settings.StudyOptions(
        **{option.name: getattr(args, option.name) for option in fields(settings.StudyOptions)}
    )
    if args.space:
        space.parse(presets.read(args.space))  # refuses a wrong space before the data is fetched
    parts = prepare(data.read(args.data))
    examples = parts.train
    optuna_storage = storage.connect(address, args.grace)
    searched = study.begin(optuna_storage, args.study, lambda recorded: settings.settle(wanted, examples, recorded))
    searched.set_goal(args.trials, default=6 if args.quick else 25)
    chosen = settings.chosen(examples, searched.settings.images)
    progress = Progress(searched)
    shown = outliers.for_training if parts.classes == SPEC.output.labels else None
    try:
        WorkerPool(address, args.grace, args.study, chosen, args.processes, shown).run(progress.update)
    finally:
        progress.close()
    return searched


def _name(study: str) -> str:
    """Return the name of the study. Raises ValueError if it is no valid file name."""
    if not study or study.startswith(".") or "/" in study:
        raise ValueError(f"invalid study name {study!r}: use letters, digits and dashes")
    return study
