"""Measure the effect on clients when a node of three is killed, cut off, frozen or restarted. Write docs/faults.md.

Needs root, because it creates networks, and haproxy. Takes two minutes.
"""

import argparse
from dataclasses import asdict

from benchmarks import machine
from inference.files import replace_json
from resilience.cluster import cluster, faults
from resilience.faults.__main__ import publish
from training.reports import folders

_PATIENCE = 60.0  # longest wait for an idle machine, in seconds


def main(args: argparse.Namespace) -> None:
    about = machine.describe()
    machine.wait_idle(_PATIENCE)
    results = {}
    with cluster.running(args.folder.absolute()) as running:
        for fault in faults.FAULTS:
            results[fault.name] = asdict(faults.run(running, fault))
            print(f"{fault.title}: {results[fault.name]}", flush=True)
    replace_json(folders.results(args.docs) / "cluster.json", {"machine": about, "faults": results})
    publish(args.docs)
    print(f"written: {args.docs}/faults.md and results/cluster.json next to it")
