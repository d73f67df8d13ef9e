"""Wait, inside a node, until TorchServe reports a READY worker. Print when the last check without one began.

The time is monotonic, and 0 if the first check found a READY worker. No worker was READY before that time.

python -m resilience.cluster.ready DIRECTORY
"""

import sys
import time
from pathlib import Path

from serving.torchserve import server
from serving.torchserve.management import UNANSWERED

_SECONDS, _LOOK_SECONDS, _POLL_SECONDS = 120.0, 5.0, 0.02


def ready_worker(directory: Path) -> int:
    """Return the process id of a READY worker of the default version, or 0 if there is none."""
    running = server.find(directory)
    if not running:
        return 0
    try:
        with running.manage(timeout=_LOOK_SECONDS) as management:
            workers = management.describe()[0]["workers"]
    except UNANSWERED:
        return 0
    return next((int(worker["pid"]) for worker in workers if worker["status"] == "READY"), 0)


def main() -> None:
    """Query TorchServe itself, because the parts between it and the edge are under test."""
    began, unready = time.monotonic(), 0.0
    deadline = began + _SECONDS
    while not ready_worker(Path(sys.argv[1])):
        if began > deadline:
            sys.exit(1)
        unready = began
        time.sleep(_POLL_SECONDS)
        began = time.monotonic()
    print(unready)


if __name__ == "__main__":
    main()
