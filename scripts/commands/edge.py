"""Print a HAProxy configuration that balances requests over several nodes."""

import argparse

from serving.gateway import edge


def run(args: argparse.Namespace) -> None:
    pairs = (node.partition("=") for node in args.nodes)
    print(edge.render({name: address for name, _, address in pairs}), end="")
