"""The edge: the balancer before several nodes, as a configuration for HAProxy."""

import re
from collections.abc import Mapping
from pathlib import Path

CONFIG = Path(__file__).with_name("edge.cfg")
NODES_NAME = "inference-node"  # what every node's certificate is for
_NAME, _ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,64}"), re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}:[0-9]{1,5}")


def render(nodes: Mapping[str, str]) -> str:
    """The configuration for nodes by name, each with its gateway's host:port. Raises ValueError for other words."""
    for name, address in nodes.items():
        if not (_NAME.fullmatch(name) and _ADDRESS.fullmatch(address)):
            raise ValueError(f"a node is NAME=HOST:PORT, not {name}={address}")
    lines = CONFIG.read_text().splitlines(keepends=True)
    return "".join(_repeated(line, nodes) for line in lines)


def _repeated(line: str, nodes: Mapping[str, str]) -> str:
    """A line that names no node as it is; one that does, once for each."""
    if line.lstrip().startswith("#") or "@name" not in line:
        return line
    return "".join(line.replace("@name", name).replace("@address", address) for name, address in nodes.items())
