"""Write the lists of all parts of what serves, and of what explains (SBOM, CycloneDX), to docs/sbom/."""

import argparse
from collections.abc import Sequence

from serving.arguments import Parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="scripts/sbom", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only see whether the file is current")
    return parser.parse_args(words)
