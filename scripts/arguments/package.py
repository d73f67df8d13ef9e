"""Build, seal, prove and sign the archive that TorchServe loads."""

import argparse
from pathlib import Path

from serving import paths, version
from serving.archives import formats
from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, help="an own model: a folder with a model.toml")
    parser.add_argument("--init", action="store_true", help="write a first model.toml into the folder")
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="FILE",
        help="training data of an own model, to measure drift against: .npy, .csv, or a folder of images",
    )
    parser.add_argument(
        "--bundle", type=Path, default=paths.BUNDLE, help="a trained bundle, or its folder (default: bundles/default)"
    )
    parser.add_argument(
        "--model", type=Path, default=paths.MODEL, help="the package with the model's SPEC (default: model)"
    )
    parser.add_argument("--name", default="", help="the name it registers as (default: the folder's or the bundle's)")
    parser.add_argument("--out", type=Path, help="the archive (default: model_store/NAME.mar)")
    parser.add_argument("--version", default=version.read(), help="the version it registers as (default: %(default)s)")
    parser.add_argument(
        "--format",
        choices=formats.FORMATS,
        help=f"what runs the network (default: {formats.DEFAULT} for linear layers, else {formats.ANY}); "
        "docs/performance.md compares them",
    )
    parser.add_argument("--if-stale", action="store_true", help="do nothing if the archive is up to date")


def lock(args: argparse.Namespace) -> str:
    """Return the lock in requirements/ for packaging; a network from Python may need more."""
    return "onnx" if args.folder or args.init else "train"
