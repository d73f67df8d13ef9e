"""Train a network and save it with all its figures. Stopped halfway, the same command continues from the last epoch."""

import argparse
from pathlib import Path

from scripts.options import add_data
from serving.arguments import Parser

SIZES = (28, 32, 64)


def add(parser: Parser) -> None:
    parser.add_argument(
        "--preset",
        default="default",
        help="a table of training/fit/presets.toml, or a file *.toml (default: %(default)s)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a field of the preset: optimizer=sgd, hidden=[256,128], augmentation.rotation=5; can be repeated",
    )
    add_data(parser)
    parser.add_argument(
        "--name", help="of the bundle and of the served model (default for your own classes: the folder's)"
    )
    parser.add_argument(
        "--size",
        type=int,
        choices=SIZES,
        help="pixels of a side of your own pictures; 32 and 64 leave them as they are but for the size "
        "(default: 28, light strokes on dark, cropped and centred as MNIST's)",
    )
    parser.add_argument("--color", action="store_true", help="keep the color of your own pictures")
    parser.add_argument("--out", type=Path, help="folder for the bundle and its papers (default: bundles/NAME)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same machine, same weights (default: 0)")
    parser.add_argument("--epochs", type=int, help="instead of the preset's own number")
    parser.add_argument("--if-missing", action="store_true", help="do nothing if the bundle is there already")
    parser.add_argument("--tensorboard", type=Path, metavar="DIR", help="write the course of the training there")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--resume", action="store_true", help="continue, or fail if there is nothing to continue from")
    choice.add_argument("--fresh", action="store_true", help="start anew even if there is something to continue from")


def check(parser: Parser, args: argparse.Namespace) -> None:
    if (args.size or args.color) and not args.data:
        parser.error("--size and --color are for pictures of your own: name their folder with --data")
    args.as_they_are = args.color or args.size not in (None, SIZES[0])
