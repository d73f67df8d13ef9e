"""Stop the server that scripts/up started."""

import sys

import _root  # noqa: F401

from serving import paths, server


def main() -> int:
    running = server.find(paths.RUN)
    if running is None:
        print("nothing runs")
        return 0
    running.stop()
    print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
