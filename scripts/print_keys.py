"""The running server's keys as shell variables."""

import sys

import _root  # noqa: F401

from serving import paths
from serving.torchserve import server


def main() -> int:
    running = server.find(paths.RUN)
    if running is None or not running.running:
        print("error: no server runs here: start one with scripts/up", file=sys.stderr)
        return 1
    with running.manage() as management:
        keys = management.keys
    print(f"INFERENCE_KEY={keys.inference.value}\nMANAGEMENT_KEY={keys.management.value}\nAPI_KEY={keys.api.value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
