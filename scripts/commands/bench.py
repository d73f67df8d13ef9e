"""Measure this service, other servers and the limits of the machine. Write docs/performance.md."""

import argparse
import importlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.output import shown
from serving.arguments import choose
from serving.paths import ROOT

if TYPE_CHECKING:
    from benchmarks.contender import Contender
    from benchmarks.results import Results

_MODULES = {
    "capacity": "benchmarks.capacity",
    "counting": "benchmarks.counting",
    "formats": "benchmarks.formats",
    "gateway": "benchmarks.gateway",
    "grpc": "benchmarks.calls",
    "isolation": "benchmarks.isolation.measure",
    "models": "benchmarks.models",
    "training": "benchmarks.training.run",
}
# Sections of docs/performance.md; each module has FILE, run(args, directory) and section(content).
_SECTIONS = {
    "anatomy": ("benchmarks.anatomy", "benchmarks.processes"),
    "changes": ("benchmarks.changes",),
    "first-minute": ("benchmarks.first_minute",),
    "own": ("benchmarks.own.measure",),
    "photos": ("benchmarks.beside_photos",),
    "soak": ("benchmarks.soak",),
}
RESUME = "the next run continues from here"
_QUICK = {"rounds": 1, "seconds": 1, "warm_up": 2}


def run(args: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # exits so that running servers are stopped
    if args.what in _MODULES:
        importlib.import_module(_MODULES[args.what]).main(args)
        return
    from benchmarks.results import Results

    results = Results(args.results / "quick" if args.quick else args.results)
    docs = results.folder / "docs" if args.quick else ROOT / "docs"
    if args.list:
        show()
        return
    for name in _SECTIONS.get(args.what, ()):
        module: Any = importlib.import_module(name)
        measured = module.run(args, results.folder / "run" / args.what)
        results.put(module.FILE.removesuffix(".json"), measured)
        print(module.section(measured))
    if args.quick and args.what:  # there may be no page for the result
        return
    if not (args.what or args.report):
        measure(args, results)
    report(results, docs)


def show() -> None:
    from benchmarks.plan import contenders

    for contender in contenders():
        print(f"{contender.name:24} {contender.role:6} {contender.title}: {contender.settings}")


def chosen(names: list[str] | None) -> "list[Contender]":
    """Return the contenders with these names, or all. Raises UserError for an unknown name."""
    from benchmarks.plan import contenders

    known = {contender.name: contender for contender in contenders()}
    return [known[name] for name in choose(names, known)]


def measure(args: argparse.Namespace, results: "Results") -> None:
    from benchmarks.plan import Plan
    from benchmarks.suite import Suite

    lengths = {name: getattr(args, name) for name in _QUICK} | (_QUICK if args.quick else {})
    for contender in chosen(args.again) if args.again else []:
        results.forget(contender.name)
    Suite(results, Plan(**lengths), chosen(args.only)).run()


def report(results: "Results", docs: Path) -> None:
    from benchmarks import performance_report

    for path in performance_report.write(results, docs):
        print(f"written: {shown(path)}")
