"""Serve another archive in place of the live one, if it passes every gate; no request is lost.

scripts/rollout model_store/digits-2.0.mar
scripts/rollout model_store/digits-2.0.mar --canary 10 --seconds 30
scripts/rollout model_store/price-2.0.mar --difference 0.2
scripts/rollout --rollback
scripts/rollout --rollback --model iris
scripts/rollout --history
"""

import argparse
from pathlib import Path

from scripts.options import add_directory, add_model
from serving.arguments import Parser
from serving.changes.gates import Gates


def add(parser: Parser) -> None:
    gates = Gates()
    parser.add_argument("archive", type=Path, nargs="?", help="what scripts/package --version V --out FILE made")
    parser.add_argument("--rollback", action="store_true", help="serve the archive before this one again")
    parser.add_argument("--history", action="store_true", help="print what is served and what --rollback goes back to")
    parser.add_argument("--canary", type=float, default=0.0, metavar="PERCENT", help="of the gateway's traffic, first")
    parser.add_argument("--seconds", type=float, default=30.0, help="for so long (default: 30)")
    parser.add_argument("--images", type=int, default=10_000, help="MNIST test images to compare on (default: 10000)")
    for name, about in (
        ("agreement", "share of samples with the same label, at least"),
        ("accuracy", "how much lower the accuracy may be"),
        ("difference", "of values and tensors, relative to the live version's largest, at most"),
        ("factor", "how many times as long the p95 latency may be"),
        ("slack", "seconds on top of that"),
    ):
        default = getattr(gates, name)
        parser.add_argument(f"--{name}", type=float, default=default, help=f"{about} (default: {default:g})")
    add_model(parser)
    add_directory(parser)


def check(parser: Parser, args: argparse.Namespace) -> None:
    if bool(args.archive) + args.rollback + args.history != 1:
        parser.error("name an archive, or --rollback, or --history")
    if args.archive and args.model:
        parser.error("the archive says which model it is: leave --model out")


def has_low_priority(args: argparse.Namespace) -> bool:
    return not args.rollback  # which is urgent
