"""The option of commands that write a page of docs/."""

from pathlib import Path

from serving import paths
from serving.arguments import Parser


def add_docs(parser: Parser, page: str) -> None:
    docs = paths.ROOT / "docs"
    parser.add_argument(
        "--docs",
        type=Path,
        default=docs,
        help=f"where {page}.md is written, with its figures in results/ next to it (default: docs)",
    )
