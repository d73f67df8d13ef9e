"""Measure what clients notice of faults, attacks and changes."""

import argparse
import importlib

_MODULES = {
    "attacks": "resilience.attacks.__main__",
    "cluster": "benchmarks.cluster.__main__",
    "faults": "benchmarks.faults.__main__",
    "walkthrough": "resilience.walkthrough",
}


def run(asked: argparse.Namespace) -> int:
    return int(importlib.import_module(_MODULES[asked.what]).main(asked))
