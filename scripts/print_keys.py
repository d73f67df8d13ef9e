"""The running server's keys as shell variables."""

import argparse
import sys
from pathlib import Path

import _root  # noqa: F401

from serving import paths
from serving.torchserve import server


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/keys", description=__doc__)
    parser.add_argument("--directory", type=Path, default=paths.RUN, help="the run folder (default: .run)")
    return parser.parse_args()


def main() -> int:
    directory = arguments().directory
    running = server.find(directory)
    if running is None or not running.running:
        print(f"error: no server runs in {directory}: start one with scripts/up", file=sys.stderr)
        return 1
    with running.manage() as management:
        keys = management.keys
    print(f"INFERENCE_KEY={keys.inference.value}\nMANAGEMENT_KEY={keys.management.value}\nAPI_KEY={keys.api.value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
