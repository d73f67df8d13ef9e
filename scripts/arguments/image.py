"""Build the container image of a node, check it in a container with the restrictions of deploy/, and print a table.

    scripts/image                    digits:VERSION, without PyTorch
    scripts/image --parts explain    digits:VERSION-explain, with PyTorch for CPUs
    scripts/image --engine 'podman --runtime runc' -- --volume /etc/pip.conf:/etc/pip.conf:ro

What follows -- goes to the engine's build.
"""

import argparse
import shlex

from serving.arguments import Parser

BASE = "python:3.11-slim-bookworm"


def add(parser: Parser) -> None:
    parser.add_argument("--parts", choices=("serve", "explain"), default="serve", help="(default: %(default)s)")
    parser.add_argument("--tag", metavar="NAME:TAG", default="", help="(default: digits:VERSION)")
    parser.add_argument("--base", metavar="IMAGE", default=BASE, help="the image below it (default: %(default)s)")
    parser.add_argument("--torch-index", metavar="URL", default="", help="of PyTorch for CPUs (default: PyTorch's own)")
    parser.add_argument("--engine", type=shlex.split, default=[], help="(default: docker where it runs, or podman)")
    parser.add_argument("--measure", action="store_true", help="the throughput, too; write docs/deploy.md's table")
    parser.add_argument("options", nargs="*", metavar="-- OPTION", help="options of the engine's build")


def check(parser: Parser, args: argparse.Namespace) -> None:
    if args.options and not args.options[0].startswith("-"):
        parser.error(f"{args.options[0]} is no option of an engine's build; those begin with - and follow --")
    if args.measure and args.parts != "serve":
        parser.error("docs/deploy.md has the figures of --parts serve: measure that")
