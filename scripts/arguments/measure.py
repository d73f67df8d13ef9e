"""Measure what scripts/up costs on this machine, in a folder of its own; write docs/cost.txt and README.md."""

from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("--readme", action="store_true", help="only write README.md, from docs/cost.txt")
