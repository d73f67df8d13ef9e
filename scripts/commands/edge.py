"""Print the edge's configuration for nodes: scripts/edge one=10.0.0.1:8443 two=10.0.0.2:8443 > edge.cfg"""

from serving.arguments import Parser
from serving.errors import UserError
from serving.gateway import edge


def main() -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("nodes", nargs="+", metavar="NAME=HOST:PORT", help="a node, and where its gateway listens")
    asked = parser.parse_args()
    pairs = (node.partition("=") for node in asked.nodes)
    try:
        print(edge.render({name: address for name, _, address in pairs}), end="")
    except ValueError as error:
        raise UserError(str(error)) from error
    return 0
