"""Test the unit tests: count the faults put into the code (mutants) that they find. Write docs/mutation.md."""

import argparse

from resilience import store
from resilience.mutation import areas, page, session
from resilience.mutation.baseline import Baseline
from serving.arguments import choose
from serving.paths import ROOT

RESUME = "scripts/mutate --resume goes on, with the same areas"


def run(args: argparse.Namespace) -> int:
    """Run the mutants of the areas. Return 1 if an area misses the goal."""
    names = choose(args.areas, list(areas.AREAS))
    is_begun = args.resume or args.survivors
    made = session.begun(ROOT, names) if is_begun else session.sessions(ROOT, names, args.count, args.seed)
    if args.survivors:
        for each in made:
            each.forget_survivors()
    file = ROOT / session.FOLDER / "baseline.json"
    baseline = Baseline.read(file)
    baseline.measure(ROOT / session.FOLDER / "tree", (path for each in made for path in each.tests), file)
    is_missed = False
    for area in names:
        total = []
        for each in (each for each in made if each.module in areas.modules(ROOT, area)):
            each.run(baseline)
            found = each.outcomes()
            print(f"{each.module}: {sum(mutant.is_killed for mutant in found)} of {len(found)} killed", flush=True)
            total += found
        share = page.store(area, total, args.seed, store.commit())
        killed = sum(mutant.is_killed for mutant in total)
        print(f"{area}: {killed} of {len(total)} killed, {share:.0%} of those that are not equivalent", flush=True)
        is_missed |= share < page.GOAL
    return int(is_missed)
