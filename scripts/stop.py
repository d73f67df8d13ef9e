"""Stop the server that scripts/up started, and the playground if it runs in the background."""

import sys

import _root  # noqa: F401

from playground import background
from serving import paths, server


def main() -> int:
    page, running = background.find(paths.RUN), server.find(paths.RUN)
    if page:
        page.stop(paths.RUN)
    if running:
        running.stop()
    print("stopped" if page or running else "nothing runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
