"""Let everything finish that was accepted, and stop what scripts/up or scripts/serve started, and the playground."""

import argparse
import sys
from pathlib import Path

from playground import background
from serving import audit
from serving.gateway import gateway
from serving.node import deployment, folder, lock, rpc
from serving.state import StateError
from serving.torchserve import server
from serving.torchserve.server import Server

_SUPERVISOR_SECONDS = 120.0  # for a gateway and TorchServe, each within its own bound


def run(args: argparse.Namespace) -> None:
    directory: Path = args.directory
    folder.check(directory, "scripts/down")
    if not directory.exists():
        print(f"nothing runs: the folder {directory} does not exist")
        return
    stopped = audit.recorded(directory, "stop")
    with stopped, deployment.changing(directory, lambda what: print(what, flush=True)):
        print("stopped" if stop(directory) else "nothing runs")


def stop(directory: Path) -> bool:
    """Return whether anything ran."""
    page = background.find(directory)
    if page:
        page.stop(directory)
    supervised = lock.release(directory, _SUPERVISOR_SECONDS)
    front = gateway.find(directory)  # by a supervisor it was stopped, as the server was
    if front:
        front.stop()
    if answering := rpc.find(directory):
        answering.stop()
    running = find(directory)
    if running:
        running.stop()
    strays = server.kill_orphans(directory)
    return bool(page or supervised or front or running or strays)


def find(directory: Path) -> Server | None:
    """The server that was started here. One that cannot be read of is a stray."""
    try:
        return server.find(directory)
    except StateError as error:
        print(f"{error}; that is done now", file=sys.stderr)
        server.forget(directory)
        return None
