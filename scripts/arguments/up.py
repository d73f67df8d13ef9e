"""Install, train, package and start the service, then verify a prediction. Run again, it redoes nothing.

scripts/up                           TorchServe, on this machine only
scripts/up --models DIR              without MNIST and PyTorch: the archives in a folder, and the models in its folders
scripts/up --gateway                 TorchServe and the gateway, kept alive by a supervisor in the background
scripts/up --directory DIR           in another run folder than .run: a second node on this machine
scripts/up --ports 9000              on ports from 9000 on; --ports default undoes that
DIGITS_TORCH_INDEX=URL scripts/up    with PyTorch for CPUs only, from the package index at this URL
"""

import argparse
from pathlib import Path

from scripts.options import add_directory, add_ports
from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("--gateway", action="store_true", help="and the gateway, kept alive in the background")
    parser.add_argument(
        "--models",
        type=Path,
        metavar="DIR",
        help="serve the archives in a folder, and package the models in its folders",
    )
    add_directory(parser)
    add_ports(parser)
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)  # whether the ports are free


def lock(args: argparse.Namespace) -> str:
    """Return the lock in requirements/ to install: only digits needs training."""
    return "onnx" if args.models else "train"
