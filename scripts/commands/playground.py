"""Serve a page to draw digits on, which asks the running service what they are."""

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


def run(asked: argparse.Namespace) -> int:
    folder.check(asked.directory, "scripts/playground")
    try:
        found = background.find(asked.directory)
        if asked.background and found and found.running:
            print(f"the playground runs already: {found.url}")
            return 0
        ports.check_free(asked.port, "the playground")
        Service(asked.directory).check()
        return begin(asked)
    except Refusal as refusal:
        raise UserError(f"{refusal.message}: {refusal.hint}") from refusal


def begin(asked: argparse.Namespace) -> int:
    url = f"http://127.0.0.1:{asked.port}"
    if asked.background:
        command = [
            str(paths.COMMANDS),
            "playground",
            f"--port={asked.port}",
            f"--directory={asked.directory}",
            f"--log={asked.directory / background.LOG}",
        ]
        background.start(command, url, asked.directory)
        print(f"draw a digit: {url} (scripts/down stops it)")
        return 0
    if asked.log:
        rotation.redirect(asked.log)
    os.nice(limits.NICENESS)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported, which takes a second or two
    os.environ["HF_HUB_OFFLINE"] = "1"
    from playground import site

    with suppress(KeyboardInterrupt):
        site.serve(asked.directory, asked.port, lambda: print(f"draw a digit: {url} (Ctrl-C stops it)", flush=True))
    return 0
