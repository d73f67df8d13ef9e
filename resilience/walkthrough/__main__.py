"""Run the commands of docs/operations.md on a real node under requests of 16 clients, and write docs/walkthrough.md.

Needs haproxy, curl and about 15 minutes. Each part has its own node, so --only can repeat one part; the page keeps the
results of the others.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

from resilience.walkthrough import page, steps
from resilience.walkthrough.walk import Walk, WalkError, consecutive
from serving.paths import ROOT

PARTS = {"start": steps.start, "change": steps.change, "kill": steps.kill, "renew": steps.renew}
_DOWN_SECONDS = 300.0


def main(args: argparse.Namespace) -> int:
    missed = [problem for name in args.only or PARTS for problem in follow(name, args)]
    print("\n".join(missed) or "nothing missed")
    return 1 if missed else 0


def follow(name: str, args: argparse.Namespace) -> list[str]:
    """Run a part and publish its results. Return the missed requirements."""
    with tempfile.TemporaryDirectory(prefix="digits-walk-") as folder:
        walk = Walk(Path(folder), consecutive(), args.minutes)
        try:
            PARTS[name](walk)
        except WalkError as error:
            return [f"{walk.steps[-1].title if walk.steps else name}: {error}"]
        finally:
            for directory in (walk.directory, walk.second):
                end = ["scripts/down", f"--directory={directory}"]
                subprocess.run(end, check=False, cwd=ROOT, capture_output=True, timeout=_DOWN_SECONDS)
        page.publish(args.docs, list(PARTS), name, walk.steps)
        return [problem for step in walk.steps for problem in step.missed]
