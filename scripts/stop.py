"""Let everything finish that was accepted, and stop what scripts/up or scripts/serve started, and the playground."""

import sys

import _root  # noqa: F401

from playground import background
from serving import paths
from serving.node import lock
from serving.torchserve import server

_SUPERVISOR_SECONDS = 120.0  # for a gateway and TorchServe, each within its own bound


def main() -> int:
    page = background.find(paths.RUN)
    if page:
        page.stop(paths.RUN)
    supervised = lock.release(paths.RUN, _SUPERVISOR_SECONDS)
    running = server.find(paths.RUN)  # by a supervisor it was stopped
    if running:
        running.stop()
    print("stopped" if page or supervised or running else "nothing runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
