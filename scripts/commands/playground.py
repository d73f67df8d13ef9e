"""Serve a page to draw digits on, at http://127.0.0.1:7860. The service must run: scripts/up starts it."""

import argparse
from contextlib import suppress

from playground import background, refusal, site
from playground.refusal import Refusal
from playground.service import Service
from scripts.output import lower_priority, report
from serving import paths, rotation
from serving.errors import UserError
from serving.node import folder, lock
from serving.torchserve import ports


def run(args: argparse.Namespace) -> None:
    folder.check(args.directory, "scripts/playground")
    try:
        if not args.background:
            serve(args)
            return
        if not args.directory.exists():
            raise refusal.down()
        with lock.changing(args.directory, report):
            start(args)
    except Refusal as error:
        raise UserError(f"{error.message}: {error.hint}") from error


def start(args: argparse.Namespace) -> None:
    running = background.find(args.directory)
    if running and running.running:
        print(f"the playground runs already: {running.url}")
        return
    url = check(args)
    words = [f"--port={args.port}", f"--directory={args.directory}", f"--log={args.directory / background.LOG}"]
    background.start([str(paths.COMMANDS), "playground", *words], url, args.directory)
    print(f"draw a digit: {url} (scripts/down stops it)")


def serve(args: argparse.Namespace) -> None:
    url = check(args)
    if args.log:
        rotation.redirect(args.log)
    lower_priority()
    with suppress(KeyboardInterrupt):
        site.serve(args.directory, args.port, lambda: print(f"draw a digit: {url} (Ctrl-C stops it)", flush=True))


def check(args: argparse.Namespace) -> str:
    """Return the URL of the page. Raises PortBusyError if the port is taken, Refusal if the service is not ready."""
    ports.check_free(args.port, "the playground")
    Service(args.directory).check()
    return f"http://127.0.0.1:{args.port}"
