"""Change how many workers answer; no request is lost, and a restart brings up as many."""

import argparse
import signal
import threading
from pathlib import Path

import httpx

from serving import paths
from serving.arguments import Parser
from serving.changes import rule as rules
from serving.changes import scaling
from serving.changes.rule import Rule
from serving.errors import UserError
from serving.node import folder
from serving.torchserve import server


def arguments() -> argparse.Namespace:
    rule = Rule(1, 1)
    parser = Parser(prog="scripts/scale", description=__doc__)
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
    parser.add_argument("--directory", type=Path, default=paths.RUN, help="the run folder (default: .run)")
    asked = parser.parse_args()
    if (asked.workers is None) == (asked.auto is None):
        parser.error("say how many workers, or --auto MIN MAX")
    least, most = asked.auto or (asked.workers, asked.workers)
    if least < 1:
        parser.error(f"{least} workers answer nothing: name 1 or more; scripts/down stops the server")
    if least > most:
        parser.error(f"--auto takes the smaller number first, not {least} {most}")
    if most > (limit := rules.most_workers()):
        parser.error(f"{most} workers are too many for the processors of this machine: name {limit} or fewer")
    return asked


def main() -> int:
    asked = arguments()
    folder.check(asked.directory, "scripts/scale")
    if asked.auto:
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        least, most = asked.auto
        rule = Rule(least, most, asked.slow, asked.queue, asked.up, asked.down)
        tell(f"following the load with {least} to {most} workers, until Ctrl-C")
        scaling.follow(asked.directory, rule, tell, over.wait)
        tell("stopped following the load: the workers stay as they are")
        return 0
    running = server.find(asked.directory)
    if running is None or not running.running:
        raise UserError(f"no server runs in {asked.directory}: start one with scripts/up")
    try:
        scaling.scale(running, asked.workers)
    except httpx.TransportError as error:
        told = f"the server in {asked.directory} does not answer ({error}): try again when it has started"
        raise UserError(told) from error
    tell(f"{asked.workers} {'worker answers' if asked.workers == 1 else 'workers answer'}")
    return 0


def tell(step: str) -> None:
    print(step, flush=True)
