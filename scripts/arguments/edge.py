"""Print the configuration of a HAProxy before several nodes.

scripts/edge one=10.0.0.1:8443 two=10.0.0.2:8443 > edge.cfg
"""

from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("nodes", nargs="+", metavar="NAME=HOST:PORT", help="a node, and where its gateway listens")
