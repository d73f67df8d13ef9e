"""Print the HAProxy configuration of an edge in front of several nodes."""

import argparse

from serving.errors import UserError
from serving.gateway import edge


def run(args: argparse.Namespace) -> None:
    pairs = (node.partition("=") for node in args.nodes)
    try:
        print(edge.render({name: address for name, _, address in pairs}), end="")
    except ValueError as error:
        raise UserError(str(error)) from error
