"""Stop the service and the playground after all accepted requests are answered."""

import argparse
import sys
from pathlib import Path

from playground import background
from scripts.output import report
from serving import audit
from serving.gateway import gateway
from serving.node import folder, lock, rpc
from serving.state import StateError
from serving.torchserve import server
from serving.torchserve.server import Server

_SUPERVISOR_SECONDS = 120.0  # long enough for the gateway and TorchServe, which have their own timeouts


def run(args: argparse.Namespace) -> None:
    directory: Path = args.directory
    folder.check(directory, "scripts/down")
    if not directory.exists():
        print(f"nothing runs: the folder {directory} does not exist")
        return
    stopped = audit.recorded(directory, "stop")
    with stopped, lock.changing(directory, report):
        print("stopped" if stop(directory) else "nothing runs")


def stop(directory: Path) -> bool:
    """Stop all processes of the run folder, and return whether any ran."""
    page = background.find(directory)
    if page:
        page.stop(directory)
    supervised = lock.release(directory, _SUPERVISOR_SECONDS)
    front = gateway.find(directory)  # a supervisor has stopped it already
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
    """Return the server of the run folder, or None. An unreadable state is removed: its server is an orphan then."""
    try:
        return server.find(directory)
    except StateError as error:
        print(f"{error}; that is done now", file=sys.stderr)
        server.forget(directory)
        return None
