"""Serve a page to draw digits on, which asks the running service what they are."""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from _root import ROOT

from playground import background, limits
from playground.background import PlaygroundError
from playground.refusal import Refusal
from playground.service import Service
from serving import paths
from serving.torchserve import ports
from serving.torchserve.ports import PortBusyError


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/playground", description=__doc__)
    parser.add_argument("--port", type=int, default=7860, help="on this machine (default: %(default)s)")
    parser.add_argument("--background", action="store_true", help="return when it runs; scripts/down stops it")
    parser.add_argument("--directory", type=Path, default=paths.RUN, help="the service's run folder (default: .run)")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    try:
        found = background.find(asked.directory)
        if asked.background and found and found.running:
            print(f"the playground runs already: {found.url}")
            return 0
        ports.check_free(asked.port, "the playground")
        Service(asked.directory).check()
        return begin(asked)
    except (PortBusyError, PlaygroundError) as error:
        print(f"error: {error}", file=sys.stderr)
    except Refusal as refusal:
        print(f"error: {refusal.message}: {refusal.hint}", file=sys.stderr)
    return 1


def begin(asked: argparse.Namespace) -> int:
    url = f"http://127.0.0.1:{asked.port}"
    if asked.background:
        command = [
            str(ROOT / "scripts" / "start_playground.py"),
            f"--port={asked.port}",
            f"--directory={asked.directory}",
        ]
        background.start(command, url, asked.directory)
        print(f"draw a digit: {url} (scripts/down stops it)")
        return 0
    os.nice(limits.NICENESS)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported, which takes a second or two
    os.environ["HF_HUB_OFFLINE"] = "1"
    from playground import site

    with suppress(KeyboardInterrupt):
        site.serve(asked.directory, asked.port, lambda: print(f"draw a digit: {url} (Ctrl-C stops it)", flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
