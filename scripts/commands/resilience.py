"""Measure the effect of faults, attacks and changes on clients."""

import argparse
import importlib
import signal
import sys

_MODULES = {
    "attacks": "resilience.attacks.__main__",
    "cluster": "resilience.cluster.__main__",
    "faults": "resilience.faults.__main__",
    "walkthrough": "resilience.walkthrough.__main__",
}


def run(args: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # exits so that nodes are stopped
    return int(importlib.import_module(_MODULES[args.what]).main(args) or 0)
