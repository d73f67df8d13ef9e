"""Measure what clients notice when a node of three is killed, cut off, frozen or restarted, and write docs/cluster.md.

Needs root, for it makes networks, and haproxy; takes two minutes.
"""

import argparse
from pathlib import Path

from benchmarks import machine
from benchmarks.cluster import cluster, faults, report
from inference.files import replace, replace_json
from serving.paths import ROOT

COMMAND = "python -m benchmarks.cluster"
_PATIENCE = 60.0  # seconds to wait for others to leave the machine alone


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench" / "cluster", help="default: .bench/cluster")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where cluster.md and .json are written")
    return parser.parse_args()


def main() -> None:
    asked, about = arguments(), machine.describe()
    machine.wait_idle(_PATIENCE)
    found = {}
    with cluster.running(asked.folder) as running:
        for fault in faults.FAULTS:
            found[fault.name] = faults.run(running, fault).as_dict()
            print(f"{fault.title}: {found[fault.name]}", flush=True)
    replace_json(asked.docs / "cluster.json", {"machine": about, "faults": found})
    replace(asked.docs / "cluster.md", report.write(found, about, COMMAND).encode())
    print(f"written: {asked.docs}/cluster.md and cluster.json")


if __name__ == "__main__":
    main()
