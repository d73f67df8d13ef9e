"""Change how many workers answer; no request is lost, and a restart brings up as many."""

import argparse
import signal
import sys
import threading
from pathlib import Path

import _root  # noqa: F401
import httpx

from serving import paths
from serving.changes import scaling
from serving.changes.scaling import Rule, ScalingError
from serving.node.deployment import DeploymentError
from serving.torchserve import server
from serving.torchserve.management import ManagementError


def arguments() -> argparse.Namespace:
    rule = Rule(1, 1)
    parser = argparse.ArgumentParser(prog="scripts/scale", description=__doc__)
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
    if not 1 <= least <= most:
        parser.error("there is at least one worker, and no more at least than at most")
    return asked


def main() -> int:
    asked = arguments()
    if asked.auto:
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        least, most = asked.auto
        rule = Rule(least, most, asked.slow, asked.queue, asked.up, asked.down)
        scaling.follow(asked.directory, rule, tell, over.wait)
        return 0
    running = server.find(asked.directory)
    if running is None or not running.running:
        print("error: no server runs here: start one with scripts/up", file=sys.stderr)
        return 1
    try:
        scaling.scale(running, asked.workers)
    except (DeploymentError, ScalingError, ManagementError, httpx.TransportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    tell(f"{asked.workers} {'worker answers' if asked.workers == 1 else 'workers answer'}")
    return 0


def tell(step: str) -> None:
    print(step, flush=True)


if __name__ == "__main__":
    sys.exit(main())
