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
    sessions = session.begun(ROOT, names) if is_begun else session.sessions(ROOT, names, args.count, args.seed)
    if args.survivors:
        for mutation in sessions:
            mutation.forget_survivors()
    file = ROOT / session.FOLDER / "baseline.json"
    baseline = Baseline.read(file)
    baseline.measure(ROOT / session.FOLDER / "tree", (path for mutation in sessions for path in mutation.tests), file)
    is_missed = False
    for area in names:
        total = []
        for mutation in (mutation for mutation in sessions if mutation.module in areas.modules(ROOT, area)):
            mutation.run(baseline)
            outcomes = mutation.outcomes()
            print(
                f"{mutation.module}: {sum(mutant.is_killed for mutant in outcomes)} of {len(outcomes)} killed",
                flush=True,
            )
            total += outcomes
        share = page.store(area, total, args.seed, store.commit())
        killed = sum(mutant.is_killed for mutant in total)
        print(f"{area}: {killed} of {len(total)} killed, {share:.0%} of those that are not equivalent", flush=True)
        is_missed |= share < page.GOAL
    return int(is_missed)
