"""Measure this service, its peers and the machine's limits side by side, and write docs/performance.md.

scripts/bench              continue until everything is measured, then write the report
scripts/bench --quick      a rough look in minutes, in .bench/quick
scripts/bench --report     only write the report again
scripts/bench soak         ten minutes of load while memory is watched
scripts/bench anatomy      the parts of the time of a single client's request
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from serving.arguments import Parser
from serving.paths import ROOT


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["soak", "anatomy"], help="instead of all servers")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure only these")
    parser.add_argument("--again", nargs="+", metavar="NAME", default=[], help="drop what is known of these first")
    parser.add_argument("--list", action="store_true", help="list what there is to measure")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    parser.add_argument("--seconds", type=int, default=8, help="for each measurement (default: 8)")
    parser.add_argument("--warm-up", type=int, default=20, help="seconds of load before the first (default: 20)")
    parser.add_argument("--quick", action="store_true", help="one round of short measurements, kept apart")
    parser.add_argument("--soak-seconds", type=int, default=600, help="(default: 600)")
    parser.add_argument("--report", action="store_true", help="only write the report")
    results = ROOT / ".bench"
    parser.add_argument("--results", type=Path, default=results, help="where results are kept (default: .bench)")
    return parser.parse_args(words)
