"""Models added to a node and removed from it, while it runs and while it does not.

A model that is added is loaded before it has a route; one that is removed loses its route first, and is unregistered
once it has answered what came to it. What is killed on the way can be repeated.
"""

from collections.abc import Callable
from pathlib import Path

from inference.names import is_name
from serving import audit
from serving.archives.record import Archive
from serving.changes import retirement
from serving.errors import UserError
from serving.gateway.gateway import Gateway
from serving.node import copies, deployment, models
from serving.node.deployment import Deployment
from serving.node.models import LoadError
from serving.torchserve import registrations
from serving.torchserve.server import Server


class ModelError(UserError):
    """A model that cannot be added or removed."""


def add(
    directory: Path,
    archive: Archive,
    running: Server | None,
    gateway: Gateway | None,
    report: Callable[[str], object] = print,
) -> Deployment:
    """Serve another model: at once where a server runs, and from the next start on.

    report  called with a sentence on each step, also if another change is under way, which is waited for

    Raises ModelError if it does not load, DeploymentError if it is served, RefusedError, and what asking the server
    raises. Then nothing of it stays.
    """
    details = {"model": archive.name, "version": archive.version, "sha256": archive.sha256}
    with audit.recorded(directory, "add model", **details), deployment.changing(directory, report):
        if archive.name in models.failures(directory):  # it is not served: another try
            _forget(directory, archive.name)
        if running:
            _remove_rest(running, archive.name)
        added = deployment.prepare(directory, archive)
        if running:
            report(f"{archive.name} {archive.version} is registered; workers load it")
            _load(running, added)
        deployment.include(directory, added)
        if gateway:
            gateway.serve(models.routes(directory))
        return added


def remove(
    directory: Path,
    name: str,
    running: Server | None,
    gateway: Gateway | None,
    report: Callable[[str], object] = print,
) -> None:
    """Serve a model no longer. Raises ModelError if it is not served, or is the node's main one.

    report  called with a sentence if another change is under way, which is waited for
    """
    with audit.recorded(directory, "remove model", model=name), deployment.changing(directory, report):
        main, added = deployment.read(directory), deployment.added(directory)
        if main and main.name == name:
            raise ModelError(f"{name} is the model that this node starts with: it stays while the node runs")
        if name not in added:
            if running and _is_by_hand(running, name):
                raise ModelError(f"{name} was registered by the management API: unregister it there")
            raise ModelError(f"{name} is not served: scripts/models lists the served models")
        if running:
            if gateway:
                gateway.serve(route for route in models.routes(directory) if route.name != name)
            _retire(running, name)
        _forget(directory, name)


def _load(running: Server, added: Deployment) -> None:
    """Load a model. Raises ModelError if it does not load; then, and when this is interrupted, nothing of it stays."""
    try:
        models.load(running, added)
    except BaseException as error:
        if not isinstance(error, LoadError):
            models.withdraw(running, added)
        deployment.tidy(running.directory)
        if isinstance(error, LoadError):
            raise ModelError(f"{added.name} is not served: {error}") from error
        raise


def _is_by_hand(running: Server, name: str) -> bool:
    """Return whether TorchServe has a model of this name that no command has added."""
    if not is_name(name) or registrations.is_further(name):
        return False
    with running.manage(name) as management:
        return registrations.is_there(management)


def _forget(directory: Path, name: str) -> None:
    deployment.remove(directory, name)
    models.note(directory, {other: why for other, why in models.failures(directory).items() if other != name})


def _retire(running: Server, name: str) -> None:
    """Unregister all versions of a name and of its explainer, each once it has answered what came to it."""
    for registered in (registrations.explainer(name).name, name):
        with running.manage(registered) as management:
            for version in retirement.versions(management):
                retirement.remove(running, management, version)


def _remove_rest(running: Server, name: str) -> None:
    """Unregister what a command that was killed left of a model that is not served.

    Raises ModelError if somebody else has registered a model of this name.
    """
    if deployment.read(running.directory, name):
        return
    with running.manage(name) as management:
        if not registrations.is_there(management):
            return
        if management.describe()[0]["modelUrl"] not in copies.read(running.directory):
            raise ModelError(f"{name} was registered by the management API: unregister it there, and add it again")
    _retire(running, name)
