"""Measure what predictions feel of explanations, and write docs/isolation.md.

Each arrangement takes two minutes, and is kept: a run that was stopped goes on. --again measures one anew.
"""

import argparse

from benchmarks import machine
from benchmarks.isolation import isolation_report, measure
from benchmarks.isolation.arrangements import ARRANGEMENTS
from benchmarks.results import Results
from inference.files import replace, replace_json
from serving.arguments import choose
from training.reports import folders

_COMMAND = "scripts/bench isolation"


def main(args: argparse.Namespace) -> None:
    names = [arrangement.name for arrangement in ARRANGEMENTS]
    only = choose(args.only, names)
    results = Results(args.results)
    for name in choose(args.again, names) if args.again else []:
        results.drop(name)
    for arrangement in ARRANGEMENTS:
        if arrangement.name in only and not results.has(arrangement.name):
            results.put(arrangement.name, measure.run(arrangement, args.results / "run" / arrangement.name))
            print(f"measured: {arrangement.title}", flush=True)
    contents = {arrangement.name: content for arrangement in ARRANGEMENTS if (content := results.get(arrangement.name))}
    if isolation_report.CHOSEN not in contents:
        return
    about = machine.describe()
    replace_json(folders.results(args.docs) / "isolation.json", {"machine": about, "arrangements": contents})
    replace(args.docs / "isolation.md", isolation_report.write(contents, about, _COMMAND).encode())
    print(f"written: {args.docs}/isolation.md and results/isolation.json next to it")
