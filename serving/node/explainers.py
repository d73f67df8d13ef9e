"""Explainers of added models, each started when the first request for it waits at the gateway."""

import logging
import threading
from pathlib import Path

from serving.gateway.gateway import Gateway
from serving.node import deployment, lock, models
from serving.node.lock import LockedError
from serving.torchserve import registrations
from serving.torchserve.management import UNANSWERED
from serving.torchserve.server import Server

logger = logging.getLogger(__name__)


class Explainers:
    """Starter of explainers. It uses a thread, because TorchServe may answer slowly."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def look(self, running: Server, gateway: Gateway) -> None:
        """Start the explainers that requests wait for, unless a start is in progress: the gateway lists them again."""
        if self._thread and self._thread.is_alive():
            return
        if wanted := gateway.wanted():
            self._thread = threading.Thread(target=start, args=(running, gateway, wanted), daemon=True)
            self._thread.start()


def names(directory: Path) -> list[str]:
    """Return the names of all explainers that start with their first request."""
    return [registrations.explainer(model) for model in deployment.added(directory)]


def start(running: Server, gateway: Gateway, wanted: set[str]) -> None:
    """Register explainers, and release their requests: TorchServe queues them until a worker is READY.

    Nothing is registered during a change such as a rollout, because the change relies on the list of registrations.
    """
    try:
        if missing := {name for name in wanted if not _goes_on(running, gateway, name)}:
            with lock.changing(running.directory):
                _register(running, gateway, missing)
    except LockedError as error:
        logger.info("no explainer is started: %s", error)
    except UNANSWERED:
        logger.warning("an explainer could not be started", exc_info=True)


def _goes_on(running: Server, gateway: Gateway, name: str) -> bool:
    """Release the requests for an explainer if it is registered: they wait after a restart of the gateway."""
    with running.manage(name) as management:
        there = registrations.is_there(management)
    if there:
        gateway.awake(name)
    return there


def _register(running: Server, gateway: Gateway, names: set[str]) -> None:
    failed = models.failures(running.directory)
    for model in deployment.added(running.directory).values():
        further = registrations.explainer(model.name)
        if further in names and model.name not in failed:
            registrations.add(running, further, model.current.file, wait=False)
            gateway.awake(further)
            logger.info("%s is started for its first request", further)
