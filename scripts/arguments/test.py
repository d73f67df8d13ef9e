"""Prepare what the tests need, then run pytest, with these arguments if there are any.

scripts/test                              everything
scripts/test tests/unit -k protocols      a part
"""

from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="of pytest")
