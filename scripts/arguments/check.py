"""Lint, check the format, and check types."""

from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("--fix", action="store_true", help="first fix what can be fixed")
