"""Wait, inside a node, until TorchServe reports a READY worker, and print the monotonic time.

python -m resilience.cluster.ready DIRECTORY
"""

import sys
import time
from functools import partial
from pathlib import Path

from serving.torchserve import server
from serving.torchserve.management import UNANSWERED
from serving.waiting import within

_SECONDS, _LOOK_SECONDS = 120.0, 5.0


def ready_worker(directory: Path) -> int:
    """Return the process of the default version's READY worker; 0 while there is none."""
    found = server.find(directory)
    if not found:
        return 0
    try:
        with found.manage(timeout=_LOOK_SECONDS) as management:
            workers = management.describe()[0]["workers"]
    except UNANSWERED:
        return 0
    return next((int(worker["pid"]) for worker in workers if worker["status"] == "READY"), 0)


if __name__ == "__main__":
    # TorchServe is asked directly: the parts between it and the edge are under test.
    if not within(_SECONDS, partial(ready_worker, Path(sys.argv[1]))):
        sys.exit(1)
    print(time.monotonic())
