"""Write the lists of all parts of serving and explaining (SBOM, CycloneDX) to docs/sbom/.

scripts/sbom                                                      of the locks
scripts/sbom --image digits:1.0 --out digits-1.0.cdx.json         of a container image
"""

import argparse
import shlex
from pathlib import Path

from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("--check", action="store_true", help="only see whether the files are current")
    parser.add_argument("--image", metavar="NAME:TAG", help="list what this container image has")
    parser.add_argument("--out", type=Path, metavar="FILE", help="of the image's list")
    parser.add_argument("--engine", type=shlex.split, default=[], help="(default: docker where it runs, or podman)")


def check(parser: Parser, args: argparse.Namespace) -> None:
    if bool(args.image) != bool(args.out) or (args.image and args.check):
        parser.error("--image and --out go together, and without --check")
