"""Removal of a version without losing a request.

When a version is unregistered, TorchServe kills its workers with -9 and drops its queue without answers. Its API tells
the length of the queue. Requests in workers or on their way to the queue are found in the stacks of the JVM.
"""

from serving.errors import UserError
from serving.torchserve import stacks
from serving.torchserve.management import Management, ManagementError, ready_workers
from serving.torchserve.server import Server
from serving.waiting import within

_SECONDS = 75.0  # longer than the 60 s that a request may take


class RetirementError(UserError):
    """Error about a version whose requests do not end."""


def retire(running: Server, management: Management, version: str, seconds: float = _SECONDS) -> None:
    """Unregister a version that is no longer the default, after it has answered its requests.

    Raises RetirementError if it still has requests after ``seconds``, for example because clients name it.
    """
    # the second look sees what was between queue and worker at the first
    if not within(seconds, lambda: _idle(running, management, version), in_a_row=2):
        raise RetirementError(
            f"{management.name} {version} still has work after {seconds:.0f} s: clients still request this version"
        )
    management.unregister(version)


def remove(running: Server, management: Management, version: str) -> None:
    """Unregister a version like ``retire``, or at once after a RetirementError."""
    try:
        retire(running, management, version)
    except RetirementError:
        management.unregister(version)


def versions(management: Management, name: str = "") -> list[str]:
    """Return the registered versions of a name, the default last: TorchServe removes it only after the others."""
    try:
        registered = [entry["modelVersion"] for entry in management.describe("all", name)]
        default = management.describe(name=name)[0]["modelVersion"]
    except ManagementError:  # 404: no version is registered
        return []
    return [*(version for version in registered if version != default), default]


def _idle(running: Server, management: Management, version: str) -> bool:
    description = management.describe(version)[0]
    if description["jobQueueStatus"]["pendingRequests"]:
        return False
    if not ready_workers(description):
        return True  # a version without READY workers has no requests
    own = f"{management.name}_{version}"
    working = any(stacks.holds_work(stack, own) for stack in stacks.of(running.pid, running.console))
    return not working and not management.describe(version)[0]["jobQueueStatus"]["pendingRequests"]
