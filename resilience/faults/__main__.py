"""Inject faults into one node under load, and write docs/faults.md and results/faults.json.

Needs haproxy and wrk; root for a full disk and for the kernel's OOM killer; a C compiler for the clock. A fault that
cannot be injected here keeps its stored outcome.
"""

import argparse
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import machine
from inference.files import replace
from resilience import store
from resilience.faults import faults_plots, faults_report, node
from resilience.faults.fault import Fault
from resilience.faults.faults import OVERLOAD_SECONDS, SOAK_SECONDS, faults
from resilience.faults.node import Node
from serving.arguments import choose

COMMAND = "scripts/resilience faults"
_PATIENCE = 60.0  # longest wait for an idle machine, in seconds


def main(args: argparse.Namespace) -> int:
    known = faults(args.seconds or OVERLOAD_SECONDS, args.soak or SOAK_SECONDS)
    only = choose(args.only, [fault.name for fault in known])
    chosen = [fault for fault in known if fault.name in only]
    machine.wait_idle(_PATIENCE)
    missed = 0
    for fault, result in outcomes(chosen):
        write(args.docs, fault, result)
        missed += any(not check["met"] for check in result["checks"])
    print(f"written: {args.docs}/faults.md and results/faults.json next to it")
    return 1 if missed else 0


def outcomes(chosen: Iterable[Fault]) -> Iterator[tuple[Fault, dict[str, Any]]]:
    """Yield each fault with its outcome. Faults without an environment of their own share a node."""
    with ExitStack() as stack:
        shared: Node | None = None
        for fault in chosen:
            if reason := fault.missing():
                print(f"{fault.title}: cannot be done here: {reason}", flush=True)
                continue
            print(f"{fault.title} ...", flush=True)
            if fault.environment:
                with standing(fault) as own:
                    result = fault.act(own)
            else:
                shared = shared or stack.enter_context(standing())
                result = fault.act(shared)
            print(f"  {result.figures}\n  missed: {'; '.join(result.missed) or 'nothing'}", flush=True)
            yield fault, result.as_dict()


@contextmanager
def standing(fault: Fault | None = None) -> Iterator[Node]:
    """Run a node in a folder that is removed at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="digits-faults-") as name:
        environment = fault.environment(Path(name)) if fault and fault.environment else None
        with node.running(Path(name), environment) as running:
            yield running


def write(docs: Path, fault: Fault, result: Mapping[str, Any]) -> None:
    """Replace the stored outcome of a fault."""
    outcome = {"title": fault.title, **store.circumstances(), **result}
    ordered = store.put(docs, "faults", fault.name, outcome, (known.name for known in faults()))
    faults_plots.draw(ordered, docs / "images")
    publish(docs)


def publish(docs: Path) -> None:
    """Write faults.md from faults.json, cluster.json and attacks.json, if there is a faults.json."""
    results, cluster, attacks = (store.read(docs, name) for name in ("faults", "cluster", "attacks"))
    if results:
        replace(docs / "faults.md", faults_report.write(results, COMMAND, cluster, attacks).encode())
