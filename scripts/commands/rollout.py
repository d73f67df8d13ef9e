"""Replace the served archive by another if that passes all checks. No request is lost."""

import argparse
import signal
import sys
from pathlib import Path

from inference.samples import Samples
from scripts.output import report
from serving import audit
from serving.archives import admission
from serving.archives.record import Archive
from serving.changes.canary import Canary
from serving.changes.gates import Gates
from serving.changes.rollout import Rollout, RolloutTrial
from serving.errors import UserError
from serving.gateway import gateway
from serving.node import deployment, folder, lock, models
from serving.torchserve import server


def run(args: argparse.Namespace) -> None:
    folder.check(args.directory, "scripts/rollout")
    if args.history:
        show_history(args.directory, args.model)
        return
    archive = None if args.rollback else admission.admit(args.archive)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: the rollout was stopped"))
    running = server.find_running(args.directory)
    if running is None:
        if args.rollback and deployment.read(args.directory, args.model) and not lock.holder(args.directory):
            go_back(args.directory, args.model)
            return
        raise UserError(f"no server runs in {args.directory}: start one with scripts/up")
    model = archive.name if archive else args.model or running.name
    rollout = Rollout(running.of(model), gateway.find_running(args.directory), report)
    if archive is None:
        rollout.back()
    else:
        rollout.forward(archive, trial(args, archive))


def show_history(directory: Path, model: str) -> None:
    """Print the live archive, and then the earlier ones from new to old."""
    history = deployment.read(directory, model)
    if history is None and model:
        raise UserError(f"{model} is not served in {directory}: scripts/models lists the served models")
    if history is None:
        raise UserError(f"nothing was served in {directory} yet: start a server with scripts/up")
    print(f"{'live':>8}  {history.current.version:12} {history.current.file}")
    for steps, deployed in enumerate(reversed(history.before), start=1):
        print(f"{steps:>3} back  {deployed.version:12} {deployed.file}")


def go_back(directory: Path, model: str) -> None:
    """Make the next start serve the previous archive, while no server runs."""
    with audit.recorded(directory, "rollback", **({"model": model} if model else {})), models.changing(directory):
        live = deployment.read(directory, model)
        assert live
        older = live.back()
        deployment.load_from_store(directory, older.current)
        deployment.write(directory, older)
    report(f"no server runs in {directory}: the next start serves {older.current.version}, {older.current.file}")


def trial(args: argparse.Namespace, archive: Archive) -> RolloutTrial:
    """Return the tests of the archive: a comparison on MNIST's test images or on its golden samples, and a canary."""
    from model import SPEC

    gates = Gates(args.agreement, args.accuracy, args.difference, args.factor, args.slack)
    share = Canary(args.canary, args.seconds) if args.canary else None
    if archive.name != SPEC.name:
        return RolloutTrial(gates, None, share)
    try:
        from training.digits import data
        from training.errors import DataError
    except ModuleNotFoundError as error:  # a container has no packages for training
        report(f"only the golden samples are compared: {error}")
        return RolloutTrial(gates, None, share)
    try:
        test = data.load().test
    except DataError as error:
        report(f"without MNIST only the golden samples are compared: {error}")
        return RolloutTrial(gates, None, share)
    return RolloutTrial(gates, Samples(test.images[: args.images], test.labels[: args.images]), share)
