"""Options that several commands have."""

from pathlib import Path

from serving import paths
from serving.arguments import Parser


def add_directory(parser: Parser, about: str = "the run folder") -> None:
    parser.add_argument("--directory", type=Path, default=paths.RUN, help=f"{about} (default: .run)")


def add_model(parser: Parser) -> None:
    parser.add_argument("--model", default="", metavar="NAME", help="(default: the one that the node starts with)")


def add_ports(parser: Parser) -> None:
    parser.add_argument(
        "--ports", metavar="FIRST", help="use the ports from this one on; the run folder remembers it; undo: default"
    )


def add_data(parser: Parser) -> None:
    about = "your own images in folders, or IDX, .npz or .npy files (default: MNIST)"
    parser.add_argument("--data", type=Path, help=about)
