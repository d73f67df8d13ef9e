"""Start the server, or find it running; wait until it is ready; send it a test image; show how to use it."""

import argparse
from pathlib import Path

from inference import files
from scripts.output import tell
from scripts.starting import alone, guide, ports, supervised
from serving.errors import UserError
from serving.node import deployment, folder, models
from serving.torchserve import registrations


def run(asked: argparse.Namespace) -> int:
    directory = asked.directory.absolute()
    folder.check(directory, "scripts/up")
    if asked.ports:
        ports.move(directory, asked.ports)
    if asked.check:
        return ports.check(directory, asked.gateway)
    files.make_folder(directory, files.PRIVATE_FOLDER)
    with deployment.changing(directory, tell) as change:
        failed = serve(directory, asked.gateway, change)
    if failed:
        raise UserError("; ".join(f"{name} is not served: {reason}" for name, reason in failed.items()))
    return 0


def serve(directory: Path, fronted: bool, change: int) -> dict[str, str]:
    """Start what is not running yet, and show how to use it. Return why added models are not served, by name.

    change  the descriptor of ``deployment.changing``
    """
    served = alone.deployed(directory)
    if fronted:
        gateway = supervised.start(directory, served, change)
        failed = supervised.added(directory)
        guide.show_gateway(directory, gateway)
    else:
        running = alone.start(directory, served)
        registrations.add(running, registrations.EXPLAINER, served.current.file, wait=False)
        failed = models.start(running, tell)
        guide.show(directory, running)
    return failed
