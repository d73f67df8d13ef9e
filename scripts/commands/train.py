"""Train a network and save it with all its figures."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.computing import computing
from serving.errors import UserError
from serving.paths import ROOT

if TYPE_CHECKING:
    from inference.bundle import Bundle

RESUME = "the same command continues from the last whole epoch"


def train(asked: argparse.Namespace, out: Path) -> "Bundle | None":
    from training.fit import board, job, presets
    from training.fit.job import Going

    changes = presets.changes(asked.set) | ({} if asked.epochs is None else {"epochs": asked.epochs})
    preset = presets.load(asked.preset, changes)
    going = Going.ALWAYS if asked.resume else Going.NEVER if asked.fresh else Going.IF_THERE
    watch = board.Board(asked.tensorboard) if asked.tensorboard else None
    name = Path(asked.preset).stem
    return job.run(preset, name, out, own=asked.data, seed=asked.seed, watch=watch, going=going)


def run(asked: argparse.Namespace) -> int:
    out = asked.out or ROOT / "bundles" / Path(asked.preset).stem
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
