"""Serve in the foreground until SIGTERM or Ctrl-C, which let everything finish that was accepted."""

import argparse
import logging
import signal
import sys
from http import HTTPStatus
from pathlib import Path

import _root  # noqa: F401

from serving import log, paths
from serving.archives import admission
from serving.archives.admission import RefusedError
from serving.gateway import gateway
from serving.gateway.gateway import Gateway
from serving.gateway.haproxy import GatewayError
from serving.node import audit, deployment, keeper, lock
from serving.node.deployment import DeploymentError
from serving.node.keeper import Keeper
from serving.node.lock import LockedError
from serving.node.metrics import Metrics, Node
from serving.node.supervisor import Supervisor
from serving.node.watch import Limits
from serving.torchserve import server, settings
from serving.torchserve.ports import PortBusyError
from serving.torchserve.server import ServerError
from serving.torchserve.settings import SettingsError


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/serve", description=__doc__)
    parser.add_argument("--gateway", action="store_true", help="with the gateway, the only part to face a network")
    parser.add_argument("--directory", type=Path, default=paths.RUN, help="the run folder (default: .run)")
    parser.add_argument(
        "--ports", metavar="FIRST", help="on the ports from this one on; remembered, until --ports default"
    )
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="over config.properties")
    parser.add_argument("--restart", action="store_true", help="start the supervisor again when it is killed")
    parser.add_argument("--json", action="store_true", help="log JSON, a line each, for a file")
    parser.add_argument("--notice", type=float, default=0.0, help="seconds between not ready and the end's beginning")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    log.begin(asked.json)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log every look
    try:
        if asked.ports and not lock.holder(asked.directory):
            settings.remember(asked.directory, settings.ports(asked.ports))
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    try:
        return Keeper(asked.directory, lambda: supervise(asked)).run() if asked.restart else supervise(asked)
    except LockedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def supervise(asked: argparse.Namespace) -> int:
    """Run the node; give the exit status."""
    changed = dict(pair.split("=", 1) for pair in asked.set)
    chosen = settings.read(asked.directory) | changed
    fronted = asked.gateway and server.can_be_fronted()
    node = Supervisor(
        asked.directory,
        lambda: deployment.launch(asked.directory, changed, fronted),
        chosen["health_address"],
        gateway=(lambda: front(asked.directory, gateway.Settings.of(chosen, fronted))) if asked.gateway else None,
        limits=Limits(notice=asked.notice),
    )
    seen = Metrics(asked.directory, lambda: Node(node.ready, node.server_restarts, node.gateway_restarts))
    node.routes["/metrics"] = seen.page
    node.routes["/openapi.yaml"] = lambda: (HTTPStatus.OK, "application/yaml", paths.OPENAPI.read_bytes())
    for number in keeper.STOP:
        signal.signal(number, lambda *_: node.stop())
    keeper.listen()
    try:
        with audit.recorded(asked.directory, "serve"):
            renew(asked.directory, fronted)
            node.run()
    except (LockedError, PortBusyError, RefusedError, DeploymentError, ServerError, GatewayError, OSError) as error:
        if asked.json:
            logging.error("%s", error)
        else:
            print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def renew(directory: Path, fronted: bool) -> None:
    """Serve what was built since the last time; but a server that runs already is taken over, if it can be asked."""
    if lock.holder(directory) is not None:
        return
    left = server.find(directory)
    if left and left.running and left.fronted == fronted:
        return
    if left:
        left.stop()
    if paths.ARCHIVE.exists():
        deployment.renew(directory, admission.admit(paths.ARCHIVE))


def front(directory: Path, chosen: gateway.Settings) -> Gateway:
    """A gateway: the one that a supervisor before this one left, if it is the same, for it has clients."""
    if resumed := gateway.resume(directory, chosen):
        return resumed
    if left := gateway.find(directory):
        left.stop()
    return gateway.start(directory, chosen)


if __name__ == "__main__":
    sys.exit(main())
