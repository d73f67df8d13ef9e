"""Change the number of workers. No request is lost, and a restart keeps the number."""

import argparse
import signal
import threading

import httpx

from scripts.output import report
from serving.changes import scaling
from serving.changes.rule import Rule
from serving.errors import UserError
from serving.node import deployment, folder
from serving.torchserve import server


def run(args: argparse.Namespace) -> None:
    folder.check(args.directory, "scripts/scale")
    if args.model and not deployment.read(args.directory, args.model):
        raise UserError(f"{args.model} is not served in {args.directory}: scripts/models lists the served models")
    if args.auto:
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        least, most = args.auto
        rule = Rule(least, most, args.slow, args.queue, args.up, args.down)
        report(f"following the load with {least} to {most} workers, until Ctrl-C")
        scaling.follow(args.directory, rule, report, over.wait, model=args.model)
        report("stopped following the load: the workers stay as they are")
        return
    running = server.find_running(args.directory)
    if running is None:
        raise UserError(f"no server runs in {args.directory}: start one with scripts/up")
    try:
        scaling.scale(running.of(args.model or running.name), args.workers)
    except httpx.TransportError as error:
        message = f"the server in {args.directory} does not answer ({error}): try again when it has started"
        raise UserError(message) from error
    report(f"{args.workers} {'worker answers' if args.workers == 1 else 'workers answer'}")
