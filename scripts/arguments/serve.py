"""Serve in the foreground until SIGTERM or Ctrl-C, which let everything finish that was accepted.

A TorchServe or gateway that dies is started again. Probes are at http://127.0.0.1:8083.

    scripts/serve                                             TorchServe alone
    scripts/serve --gateway                                   and the gateway before it
    scripts/serve --set health_address=http://0.0.0.0:8083    with another setting than config.properties has
"""

import argparse
from pathlib import Path

from scripts.options import add_directory, add_ports
from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("--gateway", action="store_true", help="with the gateway, the only part to face a network")
    add_directory(parser)
    add_ports(parser)
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="over config.properties")
    parser.add_argument("--restart", action="store_true", help="start the supervisor again when it is killed")
    parser.add_argument("--json", action="store_true", help="log JSON, a line each, for a file")
    parser.add_argument("--notice", type=float, default=0.0, help="seconds between not ready and the end's beginning")
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)  # of the one in the background
    parser.add_argument("--change", type=int, help=argparse.SUPPRESS)  # the lock of the process that started this one


def check(parser: Parser, args: argparse.Namespace) -> None:
    if wrong := [pair for pair in args.set if "=" not in pair]:
        parser.error(f"--set takes KEY=VALUE, not {wrong[0]}")
