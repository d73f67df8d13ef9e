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


def main(asked: argparse.Namespace) -> int:
    names = [each.name for each in ARRANGEMENTS]
    only = choose(asked.only, names)
    results = Results(asked.results)
    for name in choose(asked.again, names) if asked.again else []:
        results.drop(name)
    for each in ARRANGEMENTS:
        if each.name in only and not results.has(each.name):
            results.put(each.name, measure.run(each, asked.results / "run" / each.name))
            print(f"measured: {each.title}", flush=True)
    found = {each.name: content for each in ARRANGEMENTS if (content := results.get(each.name))}
    if isolation_report.CHOSEN not in found:
        return 0
    about = machine.describe()
    replace_json(folders.results(asked.docs) / "isolation.json", {"machine": about, "arrangements": found})
    replace(asked.docs / "isolation.md", isolation_report.write(found, about, _COMMAND).encode())
    print(f"written: {asked.docs}/isolation.md and results/isolation.json next to it")
    return 0
