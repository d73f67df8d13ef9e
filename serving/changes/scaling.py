"""Scaling of the workers without losing a request: by hand, or by a rule that follows the load.

A surplus worker ends after its next batch (serving/torchserve/patches/worker_thread.py). So scaling down sends requests
until the worker has ended; under load they make no difference.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import psutil

from inference.spec import Rows
from serving import audit
from serving.archives import samples
from serving.changes.comparison import PredictionClient
from serving.changes.rule import Rule, Sample
from serving.errors import UserError
from serving.node import deployment, models
from serving.node.deployment import DeploymentError
from serving.node.lock import LockedError
from serving.torchserve import properties, server
from serving.torchserve.management import ManagementError
from serving.torchserve.server import Server
from serving.waiting import within

_LEAVE_SECONDS = 75.0  # longer than the 60 s that a batch may take
_MEMORY = 4096  # samples
_TELL_SECONDS, _PAUSE_SECONDS = 10.0, 0.5
_UNANSWERED = (ManagementError, httpx.HTTPError, FileNotFoundError, ValueError)  # errors while a server starts or ends

Report = Callable[[str], None]


class ScalingError(UserError):
    """Error about workers that did not start, or did not end."""


def scale(running: Server, workers: int) -> None:
    """Set the number of workers, now and for restarts. Returns when they run and surplus workers have ended.

    running  server with the model to scale: ``server.of(name)``

    Raises ScalingError, LockedError if a rollout is at work, and ManagementError.
    """
    scaled = audit.recorded(running.directory, "scale", model=running.name, workers=workers)
    with scaled, models.changing(running.directory), running.manage() as management:
        deployed = models.serving(running)
        live = management.describe()[0]
        before, row = _pids(live), _example(running.directory, live["modelUrl"])
        try:
            management.scale(workers)
        except (ManagementError, httpx.TransportError) as error:
            management.scale(max(len(before), 1))
            raise ScalingError(f"{workers} workers could not be started: {error}") from error
        deployment.write(running.directory, replace(deployed, workers=workers))
        _dismiss(running, before - _pids(management.describe()[0]), live["modelVersion"], row)


def follow(directory: Path, rule: Rule, report: Report, over: Callable[[float], bool], model: str = "") -> None:
    """Scale the server of a run folder by a rule, across restarts, until ``over`` returns True.

    report  called with each change, each reason against one, and the server's state every 10 seconds
    over    called with the seconds to wait
    model   model to scale; empty for the node's main one
    """
    samples: deque[Sample] = deque(maxlen=_MEMORY)
    reported, last = -_TELL_SECONDS, ""

    def tell_once(what: str) -> None:
        nonlocal last
        if what != last:
            report(what)
        last = what

    while not over(_PAUSE_SECONDS):
        running = server.find_running(directory)
        if running is None:
            tell_once(f"no server runs in {directory}: waiting for one")
            continue
        running = running.of(model or running.name)
        try:
            now = look(running)
            samples.append(now)
            if (wanted := rule.wanted(samples)) != now.workers:
                report(f"{now.workers} -> {wanted} workers: {now}")
                scale(running, wanted)
                report(f"{wanted} {'worker answers' if wanted == 1 else 'workers answer'}")
            elif now.time - reported >= _TELL_SECONDS:
                report(f"{now.workers} {'worker' if now.workers == 1 else 'workers'}: {now}")
                reported = now.time
            last = ""
        except (DeploymentError, LockedError, ScalingError, *_UNANSWERED) as error:
            tell_once(f"not now: {error}")  # a rollout runs, or the server restarts


def look(running: Server) -> Sample:
    """Return a sample of the load of a server. Raises the errors of its requests."""
    with PredictionClient(running) as asker, running.manage() as management:
        description = management.describe()[0]
        row = _example(running.directory, description["modelUrl"])
        start = time.monotonic()
        asker.predictions(description["modelVersion"], row)
        now = time.monotonic()
        return Sample(now, description["minWorkers"], description["jobQueueStatus"]["pendingRequests"], now - start)


def _pids(version: dict[str, Any]) -> set[int]:
    return {worker["pid"] for worker in version["workers"]}


def _dismiss(running: Server, leaving: set[int], version: str, row: Rows) -> None:
    """Send requests until the surplus workers have ended; each waits for one more batch. Raises ScalingError."""
    with PredictionClient(running) as asker:

        def have_ended() -> bool:
            if not any(map(psutil.pid_exists, leaving)):
                return True
            asker.predictions(version, row)
            return False

        if not within(_LEAVE_SECONDS, have_ended):
            raise ScalingError(f"workers {sorted(leaving)} are at their last batch after {_LEAVE_SECONDS:.0f} s")


@cache
def _example(directory: Path, file: str) -> Rows:
    """Return one example (1, *shape): the first golden sample of a registered archive, which never changes."""
    store = Path(properties.read(directory / "config.properties")["model_store"])
    return samples.read_golden(store / file).rows[:1]
