"""Change how many workers answer; no request is lost, and a restart brings up as many."""

import argparse
import signal
import threading

import httpx

from scripts.output import tell
from serving.changes import scaling
from serving.changes.rule import Rule
from serving.errors import UserError
from serving.node import deployment, folder
from serving.torchserve import server


def run(asked: argparse.Namespace) -> int:
    folder.check(asked.directory, "scripts/scale")
    if asked.model and not deployment.read(asked.directory, asked.model):
        raise UserError(f"{asked.model} is not served in {asked.directory}: scripts/models lists what is")
    if asked.auto:
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        least, most = asked.auto
        rule = Rule(least, most, asked.slow, asked.queue, asked.up, asked.down)
        tell(f"following the load with {least} to {most} workers, until Ctrl-C")
        scaling.follow(asked.directory, rule, tell, over.wait, model=asked.model)
        tell("stopped following the load: the workers stay as they are")
        return 0
    running = server.find(asked.directory)
    if running is None or not running.running:
        raise UserError(f"no server runs in {asked.directory}: start one with scripts/up")
    try:
        scaling.scale(running.of(asked.model or running.name), asked.workers)
    except httpx.TransportError as error:
        told = f"the server in {asked.directory} does not answer ({error}): try again when it has started"
        raise UserError(told) from error
    tell(f"{asked.workers} {'worker answers' if asked.workers == 1 else 'workers answer'}")
    return 0
