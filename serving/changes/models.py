"""Models added to a node and removed from it, whether it runs or not.

A new model is loaded before it gets a route. A removed model loses its route first, and is unregistered after it has
answered its requests. An interrupted command can be repeated.
"""

from collections.abc import Callable, Mapping
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


def add(
    directory: Path,
    archive: Archive,
    running: Server | None,
    gateway: Gateway | None,
    report: Callable[[str], object] = print,
) -> Deployment:
    """Add a model: it is served at once if a server runs, and after each start.

    report  called with a sentence on each step, also before waiting for another change

    Raises UserError if it does not load, DeploymentError if it is served already, RefusedError, and errors of the
    management API. The node is then unchanged.
    """
    details = {"model": archive.name, "version": archive.version, "sha256": archive.sha256}
    with audit.recorded(directory, "add model", **details), models.changing(directory, report):
        deployment.check(archive)
        if archive.name in models.failures(directory):  # its last load failed: try again
            _forget(directory, archive.name)
        if running:
            _remove_rest(running, archive.name)
        added = deployment.prepare(directory, archive)
        try:
            if running:
                report(f"{archive.name} {archive.version} is registered; workers load it")
                models.load(running, added)
            deployment.include(directory, added)
        except LoadError as error:
            raise UserError(f"{archive.name} is not served: {error}") from error
        finally:
            deployment.tidy(directory)  # of an archive that did not load
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
    """Serve a model no longer. Raises UserError if it is not served, or is the node's main one.

    report  called with a sentence before waiting for another change
    """
    with audit.recorded(directory, "remove model", model=name), models.changing(directory, report):
        main, added = deployment.read(directory), deployment.added(directory)
        if main and main.name == name:
            raise UserError(f"{name} is the main model of this node: it cannot be removed while the node runs")
        if name not in added:
            if running and _is_by_hand(running, name):
                raise UserError(f"{name} was registered by the management API: unregister it there")
            raise UserError(f"{name} is not served: scripts/models lists the served models")
        if running:
            registered = _registered(running, name)  # first: a server that does not answer leaves the route as it is
            if gateway:
                gateway.serve(route for route in models.routes(directory) if route.name != name)
            _retire(running, registered)
        _forget(directory, name)


def _is_by_hand(running: Server, name: str) -> bool:
    """Return whether a model of this name was registered by the management API, not by a command."""
    if not is_name(name) or registrations.is_further(name):
        return False
    with running.manage(name) as management:
        return registrations.is_there(management)


def _forget(directory: Path, name: str) -> None:
    deployment.remove(directory, name)
    models.note(directory, {other: why for other, why in models.failures(directory).items() if other != name})


def _registered(running: Server, name: str) -> dict[str, list[str]]:
    """Return the versions of a model's explainer and of the model, by their names."""
    with running.manage() as management:
        return {model: retirement.versions(management, model) for model in (registrations.explainer(name), name)}


def _retire(running: Server, registered: Mapping[str, list[str]]) -> None:
    """Unregister versions by name, each once it has answered what came to it."""
    for name, versions in registered.items():
        with running.manage(name) as management:
            for version in versions:
                retirement.remove(running, management, version)


def _remove_rest(running: Server, name: str) -> None:
    """Unregister a model that is not served, left by a command that was killed.

    Raises UserError if somebody else has registered a model of this name.
    """
    if deployment.read(running.directory, name):
        return
    with running.manage(name) as management:
        if not registrations.is_there(management):
            return
        if management.describe()[0]["modelUrl"] not in copies.read(running.directory):
            raise UserError(f"{name} was registered by the management API: unregister it there, and add it again")
    _retire(running, _registered(running, name))
