"""Edge: the load balancer before several nodes, as a configuration for HAProxy."""

import re
from collections.abc import Mapping
from pathlib import Path

from serving.errors import UserError

CONFIG = Path(__file__).with_name("edge.cfg")
NODES_NAME = "inference-node"  # host name in the certificate of every node
_NAME, _ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,64}"), re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}:[0-9]{1,5}")


def render(nodes: Mapping[str, str]) -> str:
    """The configuration for nodes by name, each with its gateway's host:port. Raises UserError for other words."""
    for name, address in nodes.items():
        if not (_NAME.fullmatch(name) and _ADDRESS.fullmatch(address)):
            raise UserError(f"a node is NAME=HOST:PORT, not {name}={address}")
    lines = CONFIG.read_text().splitlines(keepends=True)
    return "".join(_repeated(line, nodes) for line in lines)


def _repeated(line: str, nodes: Mapping[str, str]) -> str:
    """Return a line of the template once for each node if it contains @name, or else unchanged."""
    if line.lstrip().startswith("#") or "@name" not in line:
        return line
    return "".join(line.replace("@name", name).replace("@address", address) for name, address in nodes.items())
