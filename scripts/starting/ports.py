"""The ports of a node: remember others, and check that they are free."""

from pathlib import Path

from scripts.output import shown
from serving.node import lock
from serving.torchserve import ports, properties, server, settings
from serving.torchserve.properties import SettingsError

_GATEWAY_PORTS = {
    "health_address": "the supervisor's health",
    "gateway_address": "gateway",
    "gateway_metrics_address": "the gateway's metrics",
}


def move(directory: Path, first: str) -> None:
    """Remember other ports for this node. Raises SettingsError, also while it runs on others."""
    changes = settings.ports(first)
    if changes == settings.remembered(directory):
        return
    if lock.holder(directory) or ((running := server.find(directory)) and running.running):
        raise SettingsError(f"the node in {shown(directory)} runs on other ports: scripts/down stops it")
    settings.remember(directory, changes)


def check(directory: Path, behind_gateway: bool) -> None:
    """Before minutes of work, see that it can end well."""
    running = server.find(directory)
    if not (running and running.running) and not lock.holder(directory):
        chosen = settings.read(directory)
        uses = properties.PORTS | (_GATEWAY_PORTS if behind_gateway else {})
        ports.check_all_free({properties.port(chosen, key): use for key, use in uses.items()})
