"""A share of the traffic for a version that is not the default yet, while it is watched."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from serving.gateway.gateway import Gateway
from serving.torchserve import health
from serving.torchserve.management import Management
from serving.torchserve.server import Server

_LOOK_SECONDS = 0.25
_ERRORS = 0.001  # the share of the node's answers that may be 5xx


@dataclass(frozen=True)
class Canary:
    """So many percent of the predictions that come through the gateway, for so many seconds."""

    percent: float
    seconds: float = 30.0

    def watch(self, running: Server, gateway: Gateway, version: str, failure: Callable[[], str]) -> str:
        """Give a version its share, and a sentence if it does ill; an empty one after the time.

        failure  what is wrong with its answers at this moment, or an empty text

        The share stays: the caller makes the version the default, or removes it. TorchServe counts errors for
        all versions together, so those of the live one count, too: then it is no time for a rollout.
        """
        with running.manage() as management:
            workers, before = _workers(management, version), health.answered(running)
            gateway.canary(running.name, version, self.percent)
            end = time.monotonic() + self.seconds
            while time.monotonic() < end:
                time.sleep(_LOOK_SECONDS)
                if _workers(management, version) != workers:
                    return f"a worker of {version} died while it was a canary"
                if wrong := failure():
                    return wrong
                since = health.answered(running) - before
                if since.failed > 1 and since.failed > _ERRORS * since.total:
                    return f"{since.failed} of {since.total} answers were errors while {version} was a canary"
        return ""


def _workers(management: Management, version: str) -> set[tuple[int, str]]:
    return {(worker["pid"], worker["status"]) for worker in management.describe(version)[0]["workers"]}
