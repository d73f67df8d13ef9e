"""Throw random requests at the service for a while, and write docs/fuzz.json.

Without --url it starts TorchServe for itself. With it the server is yours, and what runs it is not looked into.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import machine
from benchmarks.fuzz import run
from benchmarks.fuzz.run import Limit, Outcome, Target
from benchmarks.ours import Digits
from inference.files import replace_json
from serving import paths
from serving.torchserve import registrations


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="default: %(default)s")
    parser.add_argument("--url", help="the gateway, or TorchServe's inference address")
    parser.add_argument("--key", help="the key for it")
    parser.add_argument("--gateway", action="store_true", help="the URL is a gateway's, which has more addresses")
    parser.add_argument("--cacert", help="the certificate to trust, PEM")
    parser.add_argument(
        "--out", type=Path, help="where the figures are written (default, without --url: docs/fuzz.json)"
    )
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    if asked.url:
        key = {"Authorization": f"Bearer {asked.key}"} if asked.key else {}
        outcome = fuzz(Target(asked.url, key, asked.gateway, asked.cacert), asked.seconds)
    else:
        outcome = fuzz_own(asked.seconds)
    print(f"{sum(outcome.statuses().values())} requests in {asked.seconds} s, by status: {outcome.statuses()}")
    print(f"the neighbour: {outcome.right} answers right, {len(outcome.wrong)} wrong")
    if not outcome.good:
        print(outcome.failures, *outcome.wrong, f"gone: {outcome.restarts}", sep="\n", file=sys.stderr)
        return 1
    if out := asked.out or (None if asked.url else paths.ROOT / "docs" / "fuzz.json"):
        replace_json(out, {"machine": machine.describe(), **outcome.as_dict()})
    return 0


def fuzz(target: Target, seconds: int) -> Outcome:
    from training import data  # noqa: PLC0415 - it imports torch

    test = data.load().test
    return run.fuzz(target, test.images[:1].tobytes(), int(test.labels[0]), Limit.seconds(seconds))


def fuzz_own(seconds: int) -> Outcome:
    """A TorchServe with an explainer, whose processes must all be the same at the end."""
    with tempfile.TemporaryDirectory(prefix="digits-fuzz-") as directory, Digits().running(Path(directory)) as running:
        registrations.add(running.server, registrations.EXPLAINER, paths.ARCHIVE.name)
        before = running.pids()
        outcome = fuzz(Target(running.server.inference, running.key), seconds)
        return replace(outcome, restarts=sorted(before.keys() - running.pids().keys()))


if __name__ == "__main__":
    sys.exit(main())
