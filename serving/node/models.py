"""Models that were added to the main model of a node. A model that fails to load is unregistered.

register(server)   at each start of TorchServe: requests for added models then wait or get 503, but no 404
start(server)      starts their workers, a few models at a time, because starts slow down the workers that answer
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from serving.archives.admission import RefusedError
from serving.errors import UserError
from serving.gateway.routes import Route
from serving.node import copies, deployment, lock
from serving.node.deployment import Deployment, DeploymentError
from serving.state import StateFile
from serving.torchserve import registrations
from serving.torchserve.management import UNANSWERED, Management, ready_workers
from serving.torchserve.server import Server
from serving.waiting import within

_LOAD_SECONDS, _POLL_SECONDS = 120.0, 0.1

logger = logging.getLogger(__name__)


class LoadError(UserError):
    """Error about a model that TorchServe cannot serve, with the reason."""


def _reasons(content: dict[str, Any]) -> dict[str, str]:
    if wrong := [name for name, reason in content.items() if not isinstance(reason, str)]:
        raise TypeError(f"the reason of {wrong[0]!r:.80} is no text")
    return content


_FAILED = StateFile("failed.json", _reasons, "remove it")


@contextmanager
def changing(directory: Path, wait: Callable[[str], object] | None = None) -> Iterator[None]:
    """Lock the node for a change of its models, as ``lock.changing`` does. Raises LockedError and StateError."""
    with lock.changing(directory, wait):
        check(directory)
        yield


def check(directory: Path) -> None:
    """Raise StateError for a damaged file: a change would else meet some of them only after it took effect."""
    for read in (deployment.read, deployment.added, copies.read, failures):
        read(directory)


def routes(directory: Path) -> list[Route]:
    """Return the routes of all models that a node serves, for its gateway."""
    main, failed = deployment.read(directory), failures(directory)
    entries = [Route.of(main.name, deployment.served(directory))] if main else []
    for name, entry in deployment.added(directory).items():
        if name not in failed:
            archive = deployment.store(directory) / entry.current.file
            entries.append(Route.of(name, archive, registrations.explainer(name)))
    return entries


def serving(running: Server) -> Deployment:
    """Return the deployment of the model of a running server. Raises DeploymentError if there is none."""
    if running.name in failures(running.directory):
        raise DeploymentError(f"{running.name} did not load: scripts/models add serves another archive of it")
    if deployed := deployment.read(running.directory, running.name):
        return deployed
    if deployment.read(running.directory):
        raise DeploymentError(
            f"{running.name} is not served: scripts/models lists the served models, and scripts/models add adds one"
        )
    raise DeploymentError("this server was not started by scripts/up or scripts/serve: start it with one of them")


def failures(directory: Path) -> dict[str, str]:
    """Return the added models that did not load: name -> reason. Raises StateError."""
    return _FAILED.read(directory) or {}


def note(directory: Path, reasons: dict[str, str]) -> None:
    """Save the reasons that ``failures`` returns."""
    if reasons != failures(directory):
        _FAILED.write(directory, reasons)


def register(running: Server) -> None:
    """Register the added models, and start the workers of the first ones: one model for each processor.

    Deletes the failures of an earlier start; ``start`` saves new ones. A damaged list of models is only logged, because
    the main model does not depend on it.
    """
    try:
        note(running.directory, {})
        listed = deployment.added(running.directory)
    except (UserError, OSError):
        logger.exception("the added models are not registered")
        return
    for place, entry in enumerate(listed.values()):
        with running.manage(entry.name) as management, suppress(RefusedError, *UNANSWERED):
            _register(running, management, entry, entry.workers if place < _at_once() else 0)


def start(running: Server, report: Callable[[str], object] = logger.info) -> dict[str, str]:
    """Start the workers of the added models. Unregister the models that fail, and return the reasons by name.

    report  called with a sentence on each model
    """

    def reason(entry: Deployment) -> str:
        try:
            load(running, entry)
        except LoadError as error:
            report(f"{entry.name} is not served: {error}")
            return str(error)
        report(f"{entry.name} {entry.current.version} is served")
        return ""

    models = deployment.added(running.directory)
    with ThreadPoolExecutor(_at_once()) as pool:
        reasons = zip(models, pool.map(reason, models.values()), strict=True)
    failed = {name: why for name, why in reasons if why}
    if not running.running:  # TorchServe ended: the reasons are unknown until the next start
        return {}
    note(running.directory, failed)
    return failed


def settled(running: Server) -> bool:
    """Return whether each added model is served or has failed."""
    failed = failures(running.directory)
    return all(name in failed or _served(running, entry) for name, entry in deployment.added(running.directory).items())


def load(running: Server, model: Deployment) -> None:
    """Start the workers of an added model, and return when they are READY.

    Raises LoadError if they do not become READY; then, and when this is interrupted, nothing of it is registered.
    """
    running = running.of(model.name)
    before = len(running.load_failures())
    try:
        with running.manage() as management:
            _register(running, management, model, model.workers)
            if management.describe()[0]["minWorkers"] != model.workers:
                management.scale(model.workers, wait=False)
        wait(running, {model.name: model.workers}, model.current.version, before)
    except BaseException as error:
        withdraw(running, model)
        if isinstance(error, (LoadError, RefusedError, *UNANSWERED)):
            raise LoadError(str(error)) from error
        raise


def withdraw(running: Server, model: Deployment) -> None:
    """Unregister an added model and its explainer, without waiting for their requests."""
    for name in (model.name, registrations.explainer(model.name)):
        with running.manage(name) as management, suppress(*UNANSWERED):
            if registrations.is_there(management):
                management.unregister(model.current.version)


def _register(running: Server, management: Management, model: Deployment, workers: int) -> None:
    """Register a model with this number of workers, unless it is registered. Raises RefusedError and the UNANSWERED
    errors.
    """
    if not registrations.is_there(management):
        deployment.load_from_store(running.directory, model.current)
        management.register(model.current.file, workers, synchronous="false")


def wait(running: Server, wanted: Mapping[str, int], version: str, before: int) -> None:
    """Wait until a version has the wanted number of READY workers under each name: they passed the golden samples.

    wanted  name -> number of workers
    before  number of load failures in the log before the start

    Raises LoadError.
    """

    def is_ready(name: str) -> bool:
        with running.manage(name) as management:
            return ready_workers(management.describe(version)[0]) >= wanted[name]

    def are_ready() -> bool:
        if all(map(is_ready, wanted)):
            return True
        if not running.running:
            raise LoadError("TorchServe ended: try again when it has started")
        if failed := running.load_failures()[before:]:
            raise LoadError(failed[0])
        return False

    if not within(_LOAD_SECONDS, are_ready, _POLL_SECONDS):
        raise LoadError(f"it is not READY after {_LOAD_SECONDS:.0f} s: read logs/model_log.log")


def _served(running: Server, model: Deployment) -> bool:
    with running.manage(model.name) as management:
        try:
            return ready_workers(management.describe()[0]) >= model.workers
        except UNANSWERED:
            return False


def _at_once() -> int:
    return len(os.sched_getaffinity(0))
