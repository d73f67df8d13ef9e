"""Ask which packages of the locks have known vulnerabilities; write results/audit.json and docs/security.md.

Needs network.
"""

import argparse
from collections.abc import Sequence

from serving.arguments import Parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    return Parser(prog="scripts/audit", description=__doc__).parse_args(words)
