"""Measure what predictions feel of explanations, and write docs/isolation.md.

Each arrangement takes two minutes, and is kept: a run that was stopped goes on. --again measures one anew.
"""

import argparse
from pathlib import Path

from benchmarks import machine
from benchmarks.isolation import measure, report
from benchmarks.isolation.arrangements import ARRANGEMENTS
from benchmarks.results import Results
from inference.files import replace, replace_json
from serving.paths import ROOT

_COMMAND = "python -m benchmarks.isolation"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=_COMMAND, description=__doc__)
    names = [each.name for each in ARRANGEMENTS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="some of the arrangements")
    parser.add_argument("--again", nargs="+", choices=names, default=[], help="drop what is known of these first")
    parser.add_argument("--results", type=Path, default=ROOT / ".bench" / "isolation", help="default: .bench/isolation")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where isolation.md and .json are written")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    results = Results(asked.results)
    for name in asked.again:
        results.drop(name)
    for each in ARRANGEMENTS:
        if each.name in asked.only and not results.has(each.name):
            results.put(each.name, measure.run(each, asked.results / "run" / each.name))
            print(f"measured: {each.title}", flush=True)
    found = {each.name: content for each in ARRANGEMENTS if (content := results.get(each.name))}
    if report.CHOSEN not in found:
        return
    about = machine.describe()
    replace_json(asked.docs / "isolation.json", {"machine": about, "arrangements": found})
    replace(asked.docs / "isolation.md", report.write(found, about, _COMMAND).encode())
    print(f"written: {asked.docs}/isolation.md and isolation.json")


if __name__ == "__main__":
    main()
