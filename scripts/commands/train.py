"""Train a network, measure it and save it."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.computing import computing
from scripts.threads import wait_for_training
from serving.declared.folder import FILE
from serving.errors import UserError
from serving.paths import BUNDLE, ROOT

if TYPE_CHECKING:
    from torch import nn

    from training.fit.presets import Preset

RESUME = "the same command continues from the last whole epoch"


def train(args: argparse.Namespace, out: Path) -> tuple[float, int] | None:
    """Return the accuracy on the test set, 0..1, and its size; None in a process that is not the main one."""
    from training.digits import data, outliers
    from training.fit import job

    preset, common = _common(args)
    name, load, prove = Path(args.preset).stem, partial(data.read, args.data), args.data is not None
    bundle = job.run(preset, name, out, load, outliers=outliers.for_training, prove=prove, **common)
    if bundle is None:
        return None
    metrics = bundle.metadata.metrics
    return metrics["test_accuracy"], int(metrics["test_images"])


def train_on_pictures(args: argparse.Namespace, out: Path) -> tuple[float, int] | None:
    """Train on pictures of a size and color, and return the same as ``train``."""
    from inference.inputs.named import Tensor
    from model.pixels import SIDE
    from serving.declared import torch_network
    from training.pictures import job
    from training.pictures.picture_format import Pictures

    def export(network: "nn.Module", shape: tuple[int, ...]) -> bytes:
        return torch_network.export(network, {"": Tensor("image", "FP32", shape)})

    preset, common = _common(args)
    pictures = Pictures(args.size or SIDE, "RGB" if args.color else "L")
    figures = job.run(preset, out, args.data, pictures, export=export, **common)
    return None if figures is None else (figures.accuracy, figures.examples)


def _common(args: argparse.Namespace) -> tuple["Preset", dict[str, Any]]:
    """Return the preset, and the arguments that all trainings share."""
    from training.fit import board, presets
    from training.fit.course import Resume

    changes = presets.changes(args.set) | ({} if args.epochs is None else {"epochs": args.epochs})
    resume = Resume.REQUIRED if args.resume else Resume.NEVER if args.fresh else Resume.AUTO
    watch = board.Board(args.tensorboard) if args.tensorboard else None
    common = {"model": args.name or "", "seed": args.seed, "watch": watch, "resume": resume}
    return presets.load(args.preset, changes), common


def run(args: argparse.Namespace) -> None:
    name = args.name or (args.data.resolve().name if args.data else Path(args.preset).stem)
    out = args.out or ROOT / "bundles" / name
    made = out / (FILE if args.as_they_are else BUNDLE.name)
    if args.if_missing and made.is_file():
        print(f"{made} is there already")
        return
    wait_for_training()
    try:
        with computing():
            figures = train_on_pictures(args, out) if args.as_they_are else train(args, out)
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror or error}; choose another --out"
        raise UserError(message) from error
    if figures:
        print(f"{made}: {100 * figures[0]:.2f} % of {figures[1]} test images are right")
