"""Start the server, or find it running; wait until it is ready; send it a sample; show how to use it."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from inference import files
from scripts.output import report
from scripts.starting import alone, guide, own_models, ports, supervised
from serving.archives.record import Archive
from serving.errors import UserError
from serving.gateway.gateway import Gateway
from serving.node import deployment, folder, lock, models
from serving.torchserve import registrations, server


def run(args: argparse.Namespace) -> None:
    directory = args.directory.absolute()
    folder.check(directory, "scripts/up")
    if args.ports:
        ports.move(directory, args.ports)
    if args.check:
        ports.check(directory, args.gateway)
        return
    files.make_folder(directory, files.PRIVATE_FOLDER)
    own = own_models.archives(args.models, directory) if args.models else []
    with deployment.changing(directory, report) as change:
        front, failed = serve(directory, args.gateway, change, own)
    own_models.add(directory, own)
    names = [archive.name for archive in own if archive.name not in failed]
    guide.show(directory, front, names)
    if failed:
        raise UserError("; ".join(f"{name} is not served: {reason}" for name, reason in failed.items()))


def serve(
    directory: Path, behind_gateway: bool, change: int, own: Sequence[Archive]
) -> tuple[Gateway | None, dict[str, str]]:
    """Start the missing processes. Return the gateway, and the errors of added models by name.

    change  the descriptor of ``deployment.changing``
    own     the archives of models that the user named; without any, what ``scripts/package`` built is served
    """
    served = chosen(directory, own)
    if behind_gateway:
        return supervised.start(directory, served, change), supervised.added(directory)
    running = alone.start(directory, served)
    if registrations.has_explanations(deployment.served(directory)):
        registrations.add(running, registrations.EXPLAINER, served.current.file, wait=False)
    return None, models.start(running, report)


def chosen(directory: Path, own: Sequence[Archive]) -> deployment.Deployment:
    """Return the main model's deployment, with which TorchServe starts."""
    if not own:
        return alone.deployed(directory)
    running = server.find(directory)
    if not (running and running.running) and not lock.holder(directory):
        own_models.deploy(directory, own)
    served = deployment.read(directory)
    assert served
    return served
