"""Put small faults into the code, and count those that its unit tests find; write docs/mutation.md.

    scripts/mutate                          mutants of all areas
    scripts/mutate guard --count 50         of one area
    scripts/mutate --resume                 go on with a run that was stopped
    scripts/mutate --survivors              try again what survived the last run, with new tests

It works in a copy of the tree, .mutation/tree.
"""

import argparse

from resilience.mutation import areas
from serving.arguments import Parser


def add(parser: Parser) -> None:
    parser.add_argument("areas", nargs="*", metavar="AREA", help="serve, archive, deploy or guard (default: all)")
    parser.add_argument(
        "--count", type=int, default=50, help="mutants of each area, drawn at random (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: %(default)s)")
    parser.add_argument("--resume", action="store_true", help="try the mutants that the last run left")
    parser.add_argument("--survivors", action="store_true", help="try the mutants again that survived the last run")


def check(parser: Parser, args: argparse.Namespace) -> None:
    if unknown := sorted(set(args.areas) - set(areas.AREAS)):
        parser.error(f"there is no area {', '.join(unknown)}: choose from {', '.join(areas.AREAS)}")
