"""Attack a node as one client can, and write results/attacks.json and the section of docs/faults.md.

Each outcome is written after its attack. Needs haproxy.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from resilience import store
from resilience.attacks import catalogue
from resilience.attacks.attack import ClientAttack
from resilience.attacks.attacker import IDLE
from resilience.attacks.stage import Stage, stage
from resilience.attacks.trial import AttackOutcome, trial
from resilience.faults.__main__ import publish
from serving.arguments import choose
from serving.errors import UserError


def main(options: argparse.Namespace) -> int:
    known = store.read(options.docs, "attacks") if options.resume else {}
    only = choose(options.only, [attack.name for attack in catalogue.attacks()])
    chosen = [attack for attack in catalogue.attacks() if attack.name in only and attack.name not in known]
    missed = 0
    for published in (False, True):
        group = [attack for attack in chosen if attack.playground == published]
        for attack, outcome in outcomes(group, published, options.seconds):
            write(options.docs, attack, outcome)
            missed += any(not check.met for check in outcome.checks)
    return 1 if missed else 0


def outcomes(
    chosen: Sequence[ClientAttack], published: bool, seconds: float
) -> Iterator[tuple[ClientAttack, AttackOutcome]]:
    """Yield each attack with its outcome. After a missed bound, the next attack gets a new node."""
    with ExitStack() as stack:
        current: Stage | None = None
        for attack in chosen:
            print(f"{attack.name} ...", flush=True)
            try:
                if not current:
                    current = stack.enter_context(stage(published))
                    current.warm_up()
                outcome = trial(current, attack, seconds)
            except UserError as error:
                print(f"  failed: {error}", flush=True)
                stack.close()
                current = None
                continue
            missed = [f"{check.demand}: {check.measured}" for check in outcome.checks if not check.met]
            print(f"  answers {dict(outcome.answers)}\n  missed: {'; '.join(missed) or 'nothing'}", flush=True)
            yield attack, outcome
            if missed:
                stack.close()
                current = None


def write(docs: Path, attack: ClientAttack, outcome: AttackOutcome) -> None:
    """Replace the stored outcome of an attack."""
    about = {"kind": attack.kind, "sends": attack.sends, "attacker": IDLE, **store.circumstances()}
    order = (other.name for other in catalogue.attacks())
    store.put(docs, "attacks", attack.name, about | outcome.as_dict(), order)
    publish(docs)
