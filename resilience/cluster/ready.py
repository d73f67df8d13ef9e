"""Wait, inside a node, until TorchServe reports a READY worker, and print the monotonic time.

python -m resilience.cluster.ready DIRECTORY
"""

import sys
import time
from pathlib import Path

import httpx

from serving.torchserve import server
from serving.torchserve.management import ManagementError
from serving.waiting import within

_SECONDS = 120.0


def main() -> int:
    directory = Path(sys.argv[1])
    if not within(_SECONDS, lambda: _ready(directory)):
        return 1
    print(time.monotonic())
    return 0


def _ready(directory: Path) -> bool:
    """Ask TorchServe directly: the parts between it and the edge are under test."""
    running = server.find(directory)
    if not (running and running.running):
        return False
    try:
        with running.manage() as management:
            return any(worker["status"] == "READY" for worker in management.describe()[0]["workers"])
    except (httpx.TransportError, ManagementError, FileNotFoundError, ValueError):
        return False  # not up yet


if __name__ == "__main__":
    sys.exit(main())
