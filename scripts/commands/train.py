"""Train a network and save it with all its figures."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.computing import computing
from serving.declared.folder import FILE
from serving.errors import UserError
from serving.paths import BUNDLE, ROOT

if TYPE_CHECKING:
    from torch import nn

    from training.fit.presets import Preset

RESUME = "the same command continues from the last whole epoch"


def train(asked: argparse.Namespace, out: Path) -> tuple[float, int] | None:
    """Return the accuracy on the test set, 0..1, and its size; None in a process that does not lead."""
    from training.digits import data, outliers
    from training.fit import job

    preset, common = _common(asked)
    bundle = job.run(
        preset,
        common.pop("named"),
        out,
        partial(data.read, asked.data),
        outliers=outliers.for_training,
        prove=asked.data is not None,
        **common,
    )
    if bundle is None:
        return None
    metrics = bundle.metadata.metrics
    return metrics["test_accuracy"], int(metrics["test_images"])


def train_on_pictures(asked: argparse.Namespace, out: Path) -> tuple[float, int] | None:
    """As ``train``, on pictures of a size and color."""
    from inference.declared.declaration import Tensor
    from model.pixels import SIDE
    from serving.declared import torch_network
    from training.pictures import job
    from training.pictures.picture_format import Pictures

    def export(network: "nn.Module", shape: tuple[int, ...]) -> bytes:
        return torch_network.export(network, {"": Tensor("image", "FP32", shape)})

    preset, common = _common(asked)
    pictures = Pictures(asked.size or SIDE, "RGB" if asked.color else "L")
    figures = job.run(preset, common.pop("named"), out, asked.data, pictures, export=export, **common)
    return None if figures is None else (figures.accuracy, figures.examples)


def _common(asked: argparse.Namespace) -> tuple["Preset", dict[str, Any]]:
    """The preset, and what each training is told."""
    from training.fit import board, presets
    from training.fit.course import Resume
    from training.fit.names import Names

    changes = presets.changes(asked.set) | ({} if asked.epochs is None else {"epochs": asked.epochs})
    resume = Resume.REQUIRED if asked.resume else Resume.NEVER if asked.fresh else Resume.AUTO
    watch = board.Board(asked.tensorboard) if asked.tensorboard else None
    named = Names(Path(asked.preset).stem, asked.name or "")
    return presets.load(asked.preset, changes), {"named": named, "seed": asked.seed, "watch": watch, "resume": resume}


def run(asked: argparse.Namespace) -> int:
    name = asked.name or (asked.data.resolve().name if asked.data else Path(asked.preset).stem)
    out = asked.out or ROOT / "bundles" / name
    made = out / (FILE if asked.as_they_are else BUNDLE.name)
    if asked.if_missing and made.is_file():
        print(f"{made} is there already")
        return 0
    try:
        with computing():
            figures = train_on_pictures(asked, out) if asked.as_they_are else train(asked, out)
    except OSError as error:
        told = f"{out} cannot be written: {error.strerror or error}; choose another --out"
        raise UserError(told) from error
    if figures:
        print(f"{made}: {100 * figures[0]:.2f} % of {figures[1]} test images are right")
    return 0
