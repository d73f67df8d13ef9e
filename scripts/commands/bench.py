"""Measure this service, its peers and the machine's limits side by side, and write docs/performance.md."""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from serving.arguments import Parser
from serving.paths import ROOT

if TYPE_CHECKING:
    from benchmarks.plan import Entrant
    from benchmarks.results import Results

RESUME = "the next run continues from here"
_SOAK_SECONDS, _SOAK_CLIENTS = 600, 64
_QUICK = {"rounds": 1, "seconds": 1, "warm_up": 2}


def arguments() -> argparse.Namespace:
    parser = Parser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=["soak", "anatomy"],
        help="minutes of load while memory is watched; a lone request's time",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure only these")
    parser.add_argument("--again", nargs="+", metavar="NAME", default=[], help="drop what is known of these first")
    parser.add_argument("--list", action="store_true", help="say what there is to measure")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    parser.add_argument("--seconds", type=int, default=8, help="for each measurement (default: 8)")
    parser.add_argument("--warm-up", type=int, default=20, help="seconds of load before the first (default: 20)")
    parser.add_argument("--quick", action="store_true", help="one round of short measurements, kept apart")
    parser.add_argument("--soak-seconds", type=int, default=_SOAK_SECONDS, help="(default: 600)")
    parser.add_argument("--report", action="store_true", help="only write the report")
    parser.add_argument(
        "--results", type=Path, default=ROOT / ".bench", help="where results are kept (default: .bench)"
    )
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whatever runs is stopped on the way out
    from benchmarks.results import Results

    results = Results(asked.results / "quick" if asked.quick else asked.results)
    docs = results.folder / "docs" if asked.quick else ROOT / "docs"
    if asked.list:
        return show()
    if asked.what == "soak":
        soak(asked, results)
    elif asked.what == "anatomy":
        anatomy(results)
    elif not asked.report:
        measure(asked, results)
    report(results, docs)
    return 0


def show() -> int:
    from benchmarks.plan import entrants

    for entrant in entrants():
        print(f"{entrant.name:24} {entrant.role:6} {entrant.contender.title}: {entrant.contender.settings}")
    return 0


def chosen(names: list[str] | None) -> "list[Entrant]":
    """The entrants of these names. Raises SuiteError for a name that nobody has."""
    from benchmarks.plan import entrants
    from benchmarks.suite import SuiteError

    known = entrants()
    if unknown := set(names or ()) - {entrant.name for entrant in known}:
        raise SuiteError(f"there is no {', '.join(sorted(unknown))}: see scripts/bench --list")
    return [entrant for entrant in known if not names or entrant.name in names]


def measure(asked: argparse.Namespace, results: "Results") -> None:
    from benchmarks.plan import Plan
    from benchmarks.suite import Suite

    lengths = {name: getattr(asked, name) for name in _QUICK} | (_QUICK if asked.quick else {})
    for entrant in chosen(asked.again) if asked.again else []:
        results.forget(entrant.name)
    Suite(results, Plan(**lengths), chosen(asked.only)).run()


def anatomy(results: "Results") -> None:
    from benchmarks import anatomy, ours

    results.put("anatomy", anatomy.run(ours.contenders()[0], results.folder / "run" / "anatomy"))


def soak(asked: argparse.Namespace, results: "Results") -> None:
    from benchmarks import ours, soak

    results.put(
        "soak", soak.run(ours.contenders()[0], results.folder / "run" / "soak", _SOAK_CLIENTS, asked.soak_seconds)
    )


def report(results: "Results", docs: Path) -> None:
    from benchmarks import report

    for path in report.write(results, docs):
        print(f"written: {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}")
