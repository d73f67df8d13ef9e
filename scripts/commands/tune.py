"""Search for better hyperparameters by cross-validation on the training set alone."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.computing import computing

if TYPE_CHECKING:
    from training.tuning.study import Study

RESUME = "the same command continues the study"


def tune(asked: argparse.Namespace) -> None:
    from training.tuning import crew, storage, study

    crew.quiet()
    folder = asked.studies / _name(asked.study)
    address = asked.storage or storage.url(folder / "study.db")
    held = storage.connect(address, asked.grace)
    found = study.load(held, asked.study) if asked.report else _searched(asked, address)
    _report(asked, found, folder)


def _report(asked: argparse.Namespace, found: "Study", folder: Path) -> None:
    from training.tuning import tuning_report

    docs, winner = asked.docs or folder, folder / f"{asked.study}.toml"
    tuning_report.write(found, docs, winner, asked.grace)
    print(tuning_report.table(found))
    print(f"written: {docs}/tuning.md, {docs}/images/tuning-*.png")
    print(f"the winner: scripts/train --preset {os.path.relpath(winner)}")


def _searched(asked: argparse.Namespace, address: str) -> "Study":
    from model import SPEC
    from training.data.parts import prepare
    from training.digits import data, outliers
    from training.tuning import settings, space, storage, study
    from training.tuning.crew import WorkerPool
    from training.tuning.progress import Progress

    wanted = settings.StudyOptions(
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
    parts = prepare(data.read(asked.data))
    examples = parts.train
    held = storage.connect(address, asked.grace)
    found = study.begin(held, asked.study, lambda recorded: settings.settle(wanted, examples, recorded))
    found.set_goal(asked.trials, default=6 if asked.quick else 25)
    chosen = settings.chosen(examples, found.settings.images)
    progress = Progress(found)
    shown = outliers.for_training if parts.classes == SPEC.output.labels else None
    try:
        WorkerPool(address, asked.grace, asked.study, chosen, asked.processes, shown).run(progress.update)
    finally:
        progress.close()
    return found


def _name(study: str) -> str:
    """Raises ValueError if no file can have this name."""
    if not study or study.startswith(".") or "/" in study:
        raise ValueError(f"a study cannot be named {study!r}: use letters, digits and dashes")
    return study


def run(asked: argparse.Namespace) -> int:
    with computing():
        tune(asked)
    return 0
