"""Print the keys of the running server as shell variables. Expired keys are renewed."""

import argparse
from pathlib import Path

import httpx

from serving.errors import UserError
from serving.node import folder
from serving.torchserve import server


def run(args: argparse.Namespace) -> None:
    directory: Path = args.directory
    folder.check(directory, "scripts/keys")
    running = server.find_running(directory)
    if running is None:
        raise UserError(f"no server runs in {directory}: start one with scripts/up, or name another --directory")
    try:
        with running.manage() as management:
            keys = management.keys
    except (httpx.TransportError, FileNotFoundError) as error:
        raise UserError(f"the server in {directory} does not answer: try again after its start") from error
    print(f"INFERENCE_KEY={keys.inference.value}\nMANAGEMENT_KEY={keys.management.value}\nAPI_KEY={keys.api.value}")
