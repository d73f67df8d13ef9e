"""Measure this service, its peers and the machine's limits side by side, and write docs/performance.md."""

import argparse
import importlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.output import shown
from serving.arguments import choose
from serving.paths import ROOT

if TYPE_CHECKING:
    from benchmarks.plan import Entrant
    from benchmarks.results import Results

_MODULES = {
    "capacity": "benchmarks.capacity",
    "counting": "benchmarks.counting",
    "formats": "benchmarks.formats",
    "gateway": "benchmarks.gateway",
    "grpc": "benchmarks.calls",
    "isolation": "benchmarks.isolation.__main__",
    "models": "benchmarks.models",
    "training": "benchmarks.training.__main__",
}
RESUME = "the next run continues from here"
_SOAK_CLIENTS = 64
_QUICK = {"rounds": 1, "seconds": 1, "warm_up": 2}


def run(args: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whatever runs is stopped on the way out
    if args.what in _MODULES:
        return int(importlib.import_module(_MODULES[args.what]).main(args))
    from benchmarks.results import Results

    results = Results(args.results / "quick" if args.quick else args.results)
    docs = results.folder / "docs" if args.quick else ROOT / "docs"
    if args.list:
        return show()
    if args.what == "soak":
        soak(args, results)
    elif args.what == "anatomy":
        anatomy(results)
    elif args.what == "first-minute":
        first_minute(results)
    elif args.what == "changes":
        changes(args, results)
    elif args.what == "own":
        own(args, results)
        if args.quick:  # there is no page to put it in
            return 0
    elif args.what == "photos":
        photos(args, results)
    elif not args.report:
        measure(args, results)
    report(results, docs)
    return 0


def show() -> int:
    from benchmarks.plan import entrants

    for entrant in entrants():
        print(f"{entrant.name:24} {entrant.role:6} {entrant.contender.title}: {entrant.contender.settings}")
    return 0


def chosen(names: list[str] | None) -> "list[Entrant]":
    """Return the entrants of these names, or all. Raises UserError for a name that no entrant has."""
    from benchmarks.plan import entrants

    known = {entrant.name: entrant for entrant in entrants()}
    return [known[name] for name in choose(names, known)]


def measure(args: argparse.Namespace, results: "Results") -> None:
    from benchmarks.plan import Plan
    from benchmarks.suite import Suite

    lengths = {name: getattr(args, name) for name in _QUICK} | (_QUICK if args.quick else {})
    for entrant in chosen(args.again) if args.again else []:
        results.forget(entrant.name)
    Suite(results, Plan(**lengths), chosen(args.only)).run()


def anatomy(results: "Results") -> None:
    from benchmarks import anatomy, ours, processes

    directory = results.folder / "run" / "anatomy"
    results.put("anatomy", anatomy.run(ours.contenders()[0], directory))
    results.put("processes", processes.run(ours.contenders()[0], directory))


def first_minute(results: "Results") -> None:
    from benchmarks import first_minute, ours

    results.put("first_minute", first_minute.run(ours.contenders()[0], results.folder / "run" / "first-minute"))


def photos(args: argparse.Namespace, results: "Results") -> None:
    from benchmarks import beside_photos

    results.put("photos", measured := beside_photos.run(args.rounds, args.seconds))
    print(beside_photos.table_of(measured))


def soak(args: argparse.Namespace, results: "Results") -> None:
    from benchmarks import ours, soak

    results.put("soak", soak.run(ours.contenders()[0], results.folder / "run" / "soak", _SOAK_CLIENTS, args.seconds))


def changes(args: argparse.Namespace, results: "Results") -> None:
    from benchmarks import changes, changes_report

    results.put("changes", measured := changes.run(args.rounds, results.folder / "changes"))
    print(changes_report.section(measured))


def own(args: argparse.Namespace, results: "Results") -> None:
    from benchmarks.own import measure
    from benchmarks.own import own_models_report as section

    patience = 0.0 if args.quick else 60.0
    measured = measure.run(measure.Lengths(args.rounds, args.seconds, args.warm_up, patience))
    results.put("own", measured)
    print(section.section(measured))


def report(results: "Results", docs: Path) -> None:
    from benchmarks import performance_report

    for path in performance_report.write(results, docs):
        print(f"written: {shown(path)}")
