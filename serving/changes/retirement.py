"""Taking a version out of service without losing a request.

TorchServe kills a version's workers with -9 when it is unregistered, and forgets its queue: a request there gets no
answer. The queue's length is told by its API; what the workers have in hand, and what is on its way to the queue, is
not, and is read from the JVM's stacks.
"""

import time

from serving.errors import UserError
from serving.torchserve import stacks
from serving.torchserve.management import Management, ManagementError, ready_workers
from serving.torchserve.server import Server

_POLL_SECONDS = 0.02
_SECONDS = 75.0  # a request may take 60


class RetirementError(UserError):
    """A version that has work without end."""


def retire(running: Server, management: Management, version: str, seconds: float = _SECONDS) -> None:
    """Unregister a version that is not the default one any more, once it has answered all that came to it.

    Raises RetirementError if it still has work after so many seconds, as when clients go on to name it.
    """
    deadline = time.monotonic() + seconds
    looks = 0
    while looks < 2:  # the second sees what was between queue and worker at the first
        if time.monotonic() > deadline:
            raise RetirementError(
                f"{management.name} {version} still has work after {seconds:.0f} s: clients still request this version"
            )
        looks = looks + 1 if _idle(running, management, version) else 0
        time.sleep(_POLL_SECONDS)
    management.unregister(version)


def remove(running: Server, management: Management, version: str) -> None:
    """Unregister a version as ``retire`` does, or at once if it hangs."""
    try:
        retire(running, management, version)
    except RetirementError:
        management.unregister(version)


def versions(management: Management) -> list[str]:
    """Return the registered versions of a name, the default one last: TorchServe lets it go only after the others."""
    try:
        registered = [entry["modelVersion"] for entry in management.describe("all")]
        default = management.describe()[0]["modelVersion"]
    except ManagementError:  # 404: none is
        return []
    return [*(version for version in registered if version != default), default]


def _idle(running: Server, management: Management, version: str) -> bool:
    description = management.describe(version)[0]
    if description["jobQueueStatus"]["pendingRequests"]:
        return False
    if not ready_workers(description):
        return True  # it never answered anything
    own = f"{management.name}_{version}"
    working = any(stacks.holds_work(stack, own) for stack in stacks.of(running.pid, running.console))
    return not working and not management.describe(version)[0]["jobQueueStatus"]["pendingRequests"]
