"""Serve in the foreground until SIGTERM or Ctrl-C. Accepted requests are answered before the end."""

import argparse
import logging
import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from inference import files
from serving import audit, log, rotation
from serving.archives import admission
from serving.errors import UserError
from serving.gateway import gateway, launch
from serving.gateway.gateway import Gateway
from serving.gateway.settings import Settings
from serving.node import deployment, folder, keeper, lock, models, rpc
from serving.node.description import Description
from serving.node.keeper import Keeper
from serving.node.metrics import Metrics, NodeState
from serving.node.model_pages import ModelPages
from serving.node.supervisor import Supervisor
from serving.node.watch import Limits
from serving.torchserve import properties, server, settings


def run(args: argparse.Namespace) -> int:
    folder.check(args.directory, "scripts/serve")
    if args.log:
        rotation.redirect(args.log)
    log.begin(args.json)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # httpx would log every probe
    files.make_folder(args.directory, files.PRIVATE_FOLDER)
    with ExitStack() as start:
        start.enter_context(lock.changing(args.directory, logging.info, args.change))
        if args.restart:
            return Keeper(args.directory, lambda: supervise(args, start.close), start.close).run()
        return supervise(args, start.close)


def supervise(args: argparse.Namespace, started: Callable[[], None]) -> int:
    """Serve until a signal, and return the exit status."""
    try:
        with audit.recorded(args.directory, "serve"):
            serve(args, started)
    except (UserError, OSError) as error:
        if not args.json:
            raise
        logging.error("%s", error)
        return 1
    return 0


def serve(args: argparse.Namespace, started: Callable[[], None]) -> None:
    """Serve until a signal. Call ``started`` when TorchServe and the gateway are started."""
    changed = dict(pair.split("=", 1) for pair in args.set)
    if args.ports and not lock.supervisor(args.directory):
        settings.remember(args.directory, settings.ports(args.ports))
    chosen = settings.read(args.directory) | changed
    check(chosen)
    behind_gateway = args.gateway and server.can_be_behind_gateway()
    front_settings = Settings.of(chosen, behind_gateway) if args.gateway else None
    node = Supervisor(
        args.directory,
        lambda: deployment.start_deployed(args.directory, changed, behind_gateway),
        chosen["health_address"],
        gateway=(lambda: front(args.directory, front_settings)) if front_settings else None,
        limits=Limits(notice=args.notice),
    )
    if front_settings and front_settings.grpc:
        rpc.check(behind_gateway)
        node.grpc.start = partial(rpc.start, args.directory)
    seen = Metrics(args.directory, lambda: NodeState(node.ready, node.server_restarts, node.gateway_restarts))
    node.routes["/metrics"] = seen.page
    node.routes["/openapi.yaml"] = Description(args.directory).page
    node.routes |= ModelPages(args.directory, lambda: node.ready).routes
    renew(args.directory, behind_gateway, properties.archive(chosen))
    if not lock.supervisor(args.directory):
        settings.note(args.directory, changed)
    for number in keeper.STOP:
        signal.signal(number, lambda *_: node.stop())
    keeper.listen()
    node.run(started)


def check(chosen: Mapping[str, str]) -> None:
    """Check the settings that name ports. Raises SettingsError."""
    for name in (*properties.PORTS, "health_address"):
        properties.port(chosen, name)


def renew(directory: Path, behind_gateway: bool, archive: Path) -> None:
    """Deploy the archive if it was built since the last start. Keep a running server if it can be taken over."""
    if lock.supervisor(directory) is not None:
        return
    left = server.find(directory)
    if left and left.running and left.behind_gateway == behind_gateway:
        return
    built = admission.admit(archive) if archive.exists() else None
    if left:
        if left.running:
            logging.info("TorchServe, process %d, runs with another gateway or none: it is stopped", left.pid)
        left.stop()
    if built:
        deployment.adopt_build(directory, built)


def front(directory: Path, chosen: Settings) -> Gateway:
    """Return the gateway. A running one with the same settings is kept, because it has clients."""
    routes = models.routes(directory)
    if resumed := launch.resume(directory, chosen, routes):
        return resumed
    if left := gateway.find(directory):
        left.stop()
    return launch.start(directory, chosen, routes)
