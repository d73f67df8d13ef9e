"""Serve a page to draw digits on, which uses the running service."""

import argparse
import os
from contextlib import suppress

from playground import background, limits
from playground.refusal import Refusal
from playground.service import Service
from serving import paths, rotation
from serving.errors import UserError
from serving.node import folder
from serving.torchserve import ports


def run(args: argparse.Namespace) -> int:
    folder.check(args.directory, "scripts/playground")
    try:
        running = background.find(args.directory)
        if args.background and running and running.running:
            print(f"the playground runs already: {running.url}")
            return 0
        ports.check_free(args.port, "the playground")
        Service(args.directory).check()
        return begin(args)
    except Refusal as refusal:
        raise UserError(f"{refusal.message}: {refusal.hint}") from refusal


def begin(args: argparse.Namespace) -> int:
    url = f"http://127.0.0.1:{args.port}"
    if args.background:
        command = [
            str(paths.COMMANDS),
            "playground",
            f"--port={args.port}",
            f"--directory={args.directory}",
            f"--log={args.directory / background.LOG}",
        ]
        background.start(command, url, args.directory)
        print(f"draw a digit: {url} (scripts/down stops it)")
        return 0
    if args.log:
        rotation.redirect(args.log)
    os.nice(limits.NICENESS)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported, which takes a second or two
    os.environ["HF_HUB_OFFLINE"] = "1"
    from playground import site

    with suppress(KeyboardInterrupt):
        site.serve(args.directory, args.port, lambda: print(f"draw a digit: {url} (Ctrl-C stops it)", flush=True))
    return 0
