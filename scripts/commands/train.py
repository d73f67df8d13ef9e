"""Train a network and save it with all its figures. Stopped halfway, the same command goes on from the last epoch."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.computing import computing
from serving.arguments import Parser
from serving.errors import UserError
from serving.paths import ROOT

if TYPE_CHECKING:
    from inference.bundle import Bundle

RESUME = "the same command continues from the last whole epoch"


def arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument(
        "--preset", default="default", help="a table of training/presets.toml, or a file *.toml (default: %(default)s)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a field of the preset: optimizer=sgd, hidden=[256,128], augmentation.rotation=5; can be repeated",
    )
    parser.add_argument("--data", type=Path, help="your own IDX files, or folders 0 to 9 of images (default: MNIST)")
    parser.add_argument("--out", type=Path, help="folder for the bundle and its papers (default: bundles/<preset>)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same machine, same weights (default: 0)")
    parser.add_argument("--epochs", type=int, help="instead of the preset's own number")
    parser.add_argument("--if-missing", action="store_true", help="do nothing if the bundle is there already")
    parser.add_argument("--tensorboard", type=Path, metavar="DIR", help="write the course of the training there")
    going = parser.add_mutually_exclusive_group()
    going.add_argument("--resume", action="store_true", help="go on, or fail if there is nothing to go on from")
    going.add_argument("--fresh", action="store_true", help="start anew even if there is something to go on from")
    return parser.parse_args()


def train(asked: argparse.Namespace, out: Path) -> "Bundle | None":
    from training import board, job, presets
    from training.job import Going

    changes = presets.changes(asked.set) | ({} if asked.epochs is None else {"epochs": asked.epochs})
    preset = presets.load(asked.preset, changes)
    going = Going.ALWAYS if asked.resume else Going.NEVER if asked.fresh else Going.IF_THERE
    watch = board.Board(asked.tensorboard) if asked.tensorboard else None
    name = Path(asked.preset).stem
    return job.run(preset, name, out, own=asked.data, seed=asked.seed, watch=watch, going=going)


def main() -> int:
    asked = arguments()
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
