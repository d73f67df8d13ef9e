"""Train a network and save it with all its figures."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.computing import computing
from serving.errors import UserError
from serving.paths import ROOT

if TYPE_CHECKING:
    from inference.bundle import Bundle

RESUME = "the same command continues from the last whole epoch"


def train(asked: argparse.Namespace, out: Path) -> "Bundle | None":
    from training.digits import data, outliers
    from training.fit import board, job, presets
    from training.fit.job import Going
    from training.fit.names import Names

    changes = presets.changes(asked.set) | ({} if asked.epochs is None else {"epochs": asked.epochs})
    preset = presets.load(asked.preset, changes)
    going = Going.ALWAYS if asked.resume else Going.NEVER if asked.fresh else Going.IF_THERE
    watch = board.Board(asked.tensorboard) if asked.tensorboard else None
    return job.run(
        preset,
        Names(Path(asked.preset).stem, asked.name or ""),
        out,
        partial(data.read, asked.data),
        seed=asked.seed,
        watch=watch,
        going=going,
        outliers=outliers.for_training,
        prove=asked.data is not None,
    )


def run(asked: argparse.Namespace) -> int:
    name = asked.name or (asked.data.resolve().name if asked.data else Path(asked.preset).stem)
    out = asked.out or ROOT / "bundles" / name
    weights = out / "model.safetensors"
    if asked.if_missing and weights.is_file():
        print(f"{weights} is there already")
        return 0
    try:
        with computing():
            bundle = train(asked, out)
    except OSError as error:
        told = f"{out} cannot be written: {error.strerror or error}; choose another --out"
        raise UserError(told) from error
    if bundle is None:
        return 0
    metrics = bundle.metadata.metrics
    print(f"{weights}: {100 * metrics['test_accuracy']:.2f} % of {metrics['test_images']} test images are right")
    return 0
