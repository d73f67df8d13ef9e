"""Send random requests, generated from docs/openapi.yaml. Write results/fuzz.json."""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import machine
from benchmarks.ours import DigitsServer
from inference.files import replace_json
from model import SPEC
from resilience.fuzz import run as fuzzing
from resilience.fuzz.run import FuzzOutcome, FuzzTarget
from serving import paths
from serving.torchserve import registrations


def run(args: argparse.Namespace) -> int:
    if args.url:
        key = {"Authorization": f"Bearer {args.key}"} if args.key else {}
        outcome = fuzz(FuzzTarget(args.url, key, args.gateway, args.cacert), args.seconds)
    else:
        outcome = fuzz_own(args.seconds)
    print(f"{sum(outcome.statuses().values())} requests in {args.seconds} s, by status: {outcome.statuses()}")
    print(f"the neighbour: {outcome.right} answers right, {len(outcome.wrong)} wrong")
    if not outcome.good:
        print(outcome.failures, *outcome.wrong, f"gone: {outcome.restarts}", sep="\n", file=sys.stderr)
        return 1
    if out := args.out or (None if args.url else paths.ROOT / "results" / "fuzz.json"):
        replace_json(out, {"machine": machine.describe(), **outcome.as_dict()})
    return 0


def fuzz(target: FuzzTarget, seconds: int) -> FuzzOutcome:
    from training.digits import data

    test = data.load().test
    return fuzzing.fuzz(target, test.images[:1].tobytes(), int(test.labels[0]), f"--max-time={seconds}")


def fuzz_own(seconds: int) -> FuzzOutcome:
    """Fuzz a new TorchServe with an explainer, and report its processes that have ended."""
    with (
        tempfile.TemporaryDirectory(prefix="digits-fuzz-") as directory,
        DigitsServer().running(Path(directory)) as running,
    ):
        registrations.add(running.server, registrations.EXPLAINER, paths.archive(SPEC.name).name)
        before = running.pids()
        outcome = fuzz(FuzzTarget(running.server.inference, running.key), seconds)
        return replace(outcome, restarts=sorted(before.keys() - running.pids().keys()))
