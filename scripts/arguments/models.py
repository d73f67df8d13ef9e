"""List the models that a node serves, add another, remove one; no request for the others is lost.

scripts/models                              list them
scripts/models add model_store/iris.mar     serve the model of an archive, which scripts/package made
scripts/models add iris                     the same: model_store/iris.mar
scripts/models remove iris                  serve it no longer

Where no server runs, the next start serves what was added.
"""

import argparse
from pathlib import Path

from scripts.options import add_directory
from serving.arguments import Parser


def add(parser: Parser) -> None:
    add_directory(parser)
    verbs = parser.add_subparsers(dest="verb", metavar="list|add|remove")
    listing = verbs.add_parser("list", help="name, version, workers, state, archive and sha256 of each; the default")
    add = verbs.add_parser("add", help="serve the model of an archive")
    add.add_argument("archive", help="a .mar file, or the name of one in model_store/")
    remove = verbs.add_parser("remove", help="serve a model no longer")
    remove.add_argument("name")
    for verb in (listing, add, remove):  # so that it may stand at the end, too
        verb.add_argument("--directory", type=Path, default=argparse.SUPPRESS, help="the run folder (default: .run)")


def has_low_priority(_args: argparse.Namespace) -> bool:
    return True
