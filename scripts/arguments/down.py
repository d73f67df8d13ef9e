"""Let everything finish that was accepted, and stop what scripts/up or scripts/serve started, and the playground.

No process, socket or temporary folder is left.
"""

from scripts.options import add_directory
from serving.arguments import Parser


def add(parser: Parser) -> None:
    add_directory(parser)
