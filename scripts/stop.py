"""Let everything finish that was accepted, and stop what scripts/up or scripts/serve started, and the playground."""

import argparse
import sys
from pathlib import Path

import _root  # noqa: F401

from playground import background
from serving import paths
from serving.gateway import gateway
from serving.node import audit, deployment, lock
from serving.torchserve import server

_SUPERVISOR_SECONDS = 120.0  # for a gateway and TorchServe, each within its own bound


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/down", description=__doc__)
    parser.add_argument("--directory", type=Path, default=paths.RUN, help="the run folder (default: .run)")
    return parser.parse_args()


def main() -> int:
    directory = arguments().directory
    if not directory.is_dir():
        print(f"nothing runs: there is no folder {directory}")
        return 0
    stopped = audit.recorded(directory, "stop")
    with stopped, deployment.changing(directory, lambda what: print(what, flush=True)):
        print("stopped" if stop(directory) else "nothing runs")
    return 0


def stop(directory: Path) -> bool:
    """Return whether anything ran."""
    page = background.find(directory)
    if page:
        page.stop(directory)
    supervised = lock.release(directory, _SUPERVISOR_SECONDS)
    if front := gateway.find(directory):  # a supervisor stops it, and TorchServe
        front.stop()
    running = server.find(directory)
    if running:
        running.stop()
    strays = server.end_strays(directory)
    return bool(page or supervised or front or running or strays)


if __name__ == "__main__":
    sys.exit(main())
