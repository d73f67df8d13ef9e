"""List the models of a node, add a model or remove one. No request for other models is lost."""

import argparse
import signal
import sys
from pathlib import Path
from typing import NamedTuple

import httpx

from scripts.output import report
from serving import paths
from serving.archives import admission
from serving.changes import models as changes
from serving.errors import UserError
from serving.gateway import gateway
from serving.node import deployment, folder, models
from serving.node.deployment import Deployment
from serving.torchserve import registrations, server
from serving.torchserve.management import UNANSWERED, ready_workers
from serving.torchserve.server import Server

_TIMEOUT = 5.0  # seconds


class Line(NamedTuple):
    """One line of the list of models."""

    name: str
    version: str
    workers: str
    state: str
    archive: str
    sha256: str


_HEAD = Line("MODEL", *map(str.upper, Line._fields[1:]))


def run(args: argparse.Namespace) -> None:
    directory: Path = args.directory.absolute()
    folder.check(directory, "scripts/models")
    running = server.find_running(directory)
    try:
        if args.verb == "add":
            add(directory, args.archive, running)
        elif args.verb == "remove":
            remove(directory, args.name, running)
        else:
            show(directory, running)
    except httpx.TransportError as error:
        raise UserError(
            f"the server in {directory} does not answer ({error}): try again when it has started"
        ) from error


def add(directory: Path, word: str, running: Server | None) -> None:
    archive = admission.admit(located(word))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: stopped"))
    added = changes.add(directory, archive, running, gateway.find_running(directory), report)
    where = f"/predictions/{added.name}" if running else "from the next start on: scripts/up"
    report(f"{added.name} {added.current.version} is served, {where}")


def remove(directory: Path, name: str, running: Server | None) -> None:
    changes.remove(directory, name, running, gateway.find_running(directory), report)
    report(f"{name} is served no longer")


def located(word: str) -> Path:
    """Return the path of an archive. A plain name means an archive in the model store of the repository."""
    given = Path(word)
    if given.is_file() or given.name != word:
        return given
    return paths.STORE / word if given.suffix == ".mar" else paths.archive(word)


def show(directory: Path, running: Server | None) -> None:
    main, failed = deployment.read(directory), models.failures(directory)
    deployments = [*([main] if main else []), *deployment.added(directory).values()]
    if not deployments:
        raise UserError(f"nothing was served in {directory} yet: start a server with scripts/up")
    lines = [line(entry, running, failed) for entry in deployments]
    others = by_hand(running, {entry.name for entry in deployments}) if running else []
    lines += others
    widths = [max(map(len, column)) for column in zip(_HEAD, *lines, strict=True)]
    for cells in (_HEAD, *lines):
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    for name, reason in failed.items():
        print(f"{name} failed to load: {reason}", file=sys.stderr)
    for entry in others:
        remedy = "unregister it there, and scripts/models add serves its archive"
        print(
            f"{entry.name} was registered by the management API, and the gateway does not know it: {remedy}",
            file=sys.stderr,
        )


def line(model: Deployment, running: Server | None, failed: dict[str, str]) -> Line:
    """Return the line of a model that the node serves."""
    current, workers, state = model.current, model.workers, "stopped"
    if running and model.name in failed:
        workers, state = 0, "failed"
    elif running:
        workers, state = ready(running, model)
    return Line(model.name, current.version, f"{workers}/{model.workers}", state, current.file, current.sha256)


def ready(running: Server, model: Deployment) -> tuple[int, str]:
    """Return the number of READY workers of a model, and the state of the model."""
    try:
        with running.manage(model.name, timeout=_TIMEOUT) as management:
            workers = ready_workers(management.describe()[0])
    except UNANSWERED:  # the server is starting
        workers = 0
    return workers, "READY" if workers >= model.workers else "starting"


def by_hand(running: Server, own: set[str]) -> list[Line]:
    """Return the lines of models that were registered by the management API. They are lost when the server restarts."""
    try:
        with running.manage(timeout=_TIMEOUT) as management:
            others = [name for name in management.models() if name not in own and not registrations.is_further(name)]
        names = []
        for name in sorted(others):
            with running.manage(name, timeout=_TIMEOUT) as management:
                live = management.describe()[0]
            workers = f"{ready_workers(live)}/{live['minWorkers']}"
            names.append(Line(name, live["modelVersion"], workers, "by hand", live["modelUrl"], ""))
    except UNANSWERED:
        return []
    return names
