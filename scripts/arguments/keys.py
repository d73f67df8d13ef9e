"""Print the running server's keys as shell variables; renew those that have expired.

eval "$(scripts/keys)"
"""

from scripts.options import add_directory
from serving.arguments import Parser


def add(parser: Parser) -> None:
    add_directory(parser)
