"""Canary: a new version that gets a share of the traffic before it may become the default."""

from collections.abc import Callable
from dataclasses import dataclass

from serving.gateway.gateway import Gateway
from serving.torchserve import health
from serving.torchserve.management import Management
from serving.torchserve.server import Server
from serving.waiting import within

_LOOK_SECONDS = 0.25
_ERRORS = 0.001  # allowed share of 5xx among the node's answers


@dataclass(frozen=True)
class Canary:
    """Canary that gets a percentage of the predictions through the gateway, for some seconds."""

    percent: float
    seconds: float = 30.0

    def watch(self, running: Server, gateway: Gateway, version: str, failure: Callable[[], str]) -> str:
        """Send a version its share of requests; return a sentence on the first failure, or "" after the time.

        failure  returns a sentence if the version's answers are wrong now, or else an empty text

        The share stays set: the caller makes the version the default, or removes it. TorchServe counts errors for all
        versions together, so errors of the live version count, too: they also stop a rollout.
        """
        with running.manage() as management:
            workers, before = _workers(management, version), health.answered(running)
            gateway.canary(running.name, version, self.percent)

            def wrong() -> str:
                if _workers(management, version) != workers:
                    return f"a worker of {version} died while it was a canary"
                if reason := failure():
                    return reason
                total, failed = (now - then for now, then in zip(health.answered(running), before, strict=True))
                if failed > 1 and failed > _ERRORS * total:
                    return f"{failed} of {total} answers were errors while {version} was a canary"
                return ""

            return within(self.seconds, wrong, _LOOK_SECONDS)


def _workers(management: Management, version: str) -> set[tuple[int, str]]:
    return {(worker["pid"], worker["status"]) for worker in management.describe(version)[0]["workers"]}
