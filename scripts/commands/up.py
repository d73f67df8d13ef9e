"""Start the service if it does not run, wait until it is ready, send it a sample, and show how to use it."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from inference import files
from scripts.output import report, shown
from scripts.starting import alone, guide, own_models, supervised
from serving.archives.record import Archive
from serving.errors import UserError
from serving.gateway import gateway
from serving.gateway.gateway import Gateway
from serving.node import deployment, folder, lock, models
from serving.torchserve import ports, properties, registrations, server, settings
from serving.torchserve.properties import SettingsError

_GATEWAY_PORTS = {
    "health_address": "the supervisor's health",
    "gateway_address": "gateway",
    "gateway_metrics_address": "the gateway's metrics",
}


def run(args: argparse.Namespace) -> None:
    directory = args.directory.absolute()
    folder.check(directory, "scripts/up")
    models.check(directory)
    if args.gateway:
        gateway.find(directory)
    if args.ports:
        move(directory, args.ports)
    if args.check:
        check(directory, args.gateway)
        return
    files.make_folder(directory, files.PRIVATE_FOLDER)
    own = own_models.archives(args.models, directory) if args.models else []
    with lock.changing(directory, report) as change:
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

    change  the descriptor of ``lock.changing``
    own     archives of the user's models; if empty, the archive of ``scripts/package`` is served
    """
    served = chosen(directory, own)
    if behind_gateway:
        return supervised.start(directory, served, change), supervised.added(directory)
    running = alone.start(directory, served)
    if registrations.has_explanations(deployment.served(directory)):
        registrations.add(running, registrations.EXPLAINER, served.current.file, wait=False)
    return None, models.start(running, report)


def chosen(directory: Path, own: Sequence[Archive]) -> deployment.Deployment:
    """Return the deployment of the main model, with which TorchServe starts."""
    if not own:
        return alone.deployed(directory)
    if not is_running(directory):
        own_models.deploy(directory, own)
    served = deployment.read(directory)
    assert served
    return served


def is_running(directory: Path) -> bool:
    """Return whether the node runs, or is about to."""
    return bool(server.find_running(directory) or lock.holder(directory))


def move(directory: Path, first: str) -> None:
    """Remember other ports for this node. Raises SettingsError, also if the node runs on other ports."""
    changes = settings.ports(first)
    if changes == settings.remembered(directory):
        return
    if is_running(directory):
        raise SettingsError(f"the node in {shown(directory)} runs on other ports: scripts/down stops it")
    settings.remember(directory, changes)


def check(directory: Path, behind_gateway: bool) -> None:
    """Check the ports before minutes of work. Raises PortBusyError if one is taken."""
    if not is_running(directory):
        chosen = settings.read(directory)
        uses = properties.PORTS | (_GATEWAY_PORTS if behind_gateway else {})
        ports.check_all_free({properties.port(chosen, key): use for key, use in uses.items()})
