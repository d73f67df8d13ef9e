"""Start the server, or find it running; wait until it is ready; send it a test image; show how to use it."""

import argparse
from pathlib import Path

from inference import files
from scripts.output import tell
from scripts.starting import alone, guide, ports, supervised
from serving.node import deployment, folder
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
        serve(directory, asked.gateway, change)
    return 0


def serve(directory: Path, fronted: bool, change: int) -> None:
    """Start what is not running yet, and show how to use it.

    change  the descriptor of ``deployment.changing``
    """
    served = alone.deployed(directory)
    if fronted:
        guide.show_gateway(directory, supervised.start(directory, served, change))
    else:
        running = alone.start(directory, served)
        registrations.add(running, registrations.EXPLAINER, served.current.file, wait=False)
        guide.show(directory, running)
