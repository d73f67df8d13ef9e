"""Change how many workers answer; no request is lost, and a restart brings up as many.

scripts/scale 2             two workers
scripts/scale --auto 1 4    follow the load with one to four workers, until Ctrl-C
scripts/scale 2 --model iris
"""

import argparse

from scripts.options import add_directory, add_model
from serving.arguments import Parser
from serving.changes.rule import Rule, most_workers


def add(parser: Parser) -> None:
    rule = Rule(1, 1)
    parser.add_argument("workers", type=int, nargs="?", help="how many")
    parser.add_argument("--auto", type=int, nargs=2, metavar=("MIN", "MAX"), help="follow the load until Ctrl-C")
    for name, about in (
        ("slow", "seconds of latency that are too much"),
        ("queue", "requests that may wait for each worker"),
        ("up", "seconds of too much load until there is a worker more"),
        ("down", "seconds of little load until there is one fewer"),
    ):
        default = getattr(rule, name)
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"{about} (default: {default:g})")
    add_model(parser)
    add_directory(parser)


def check(parser: Parser, args: argparse.Namespace) -> None:
    if (args.workers is None) == (args.auto is None):
        parser.error("say how many workers, or --auto MIN MAX")
    least, most = args.auto or (args.workers, args.workers)
    if least < 1:
        parser.error(f"{least} workers answer nothing: name 1 or more; scripts/down stops the server")
    if least > most:
        parser.error(f"--auto takes the smaller number first, not {least} {most}")
    if most > (limit := most_workers()):
        parser.error(f"{most} workers are too many for the processors of this machine: name {limit} or fewer")
