"""Give a client a key for the gateway, list who has one, take keys back. A gateway that runs knows it at once."""

import argparse
from contextlib import suppress

from scripts.options import add_directory
from serving.arguments import Parser
from serving.gateway import quotas


def add(parser: Parser) -> None:
    add_directory(parser)
    verbs = parser.add_subparsers(dest="verb", metavar="add|list|revoke|usage", required=True)
    verbs.add_parser(
        "list", help="names, scopes, rates, limits of requests, explanations and expensive ones, days left"
    )
    add = verbs.add_parser(
        "add", help="make a key for a client and show it, once; further keys of a client share its limits"
    )
    add.add_argument("name")
    add.add_argument("--scopes", default=",".join(quotas.SCOPES), help="what it may ask for (default: %(default)s)")
    add.add_argument("--models", metavar="NAME,...", default="", help="the models that the key opens (default: all)")
    add.add_argument("--rate", type=int, help=f"requests per second (default: {quotas.RATE}, or as the client has)")
    at_once = {"concurrent": quotas.CONCURRENT, "explanations": quotas.EXPLANATIONS, "heavy": quotas.HEAVY}
    for kind, limit in at_once.items():
        what = "requests" if kind == "concurrent" else kind.replace("heavy", "expensive requests")
        add.add_argument(f"--{kind}", type=int, help=f"{what} at once (default: {limit}, or as the client has)")
    add.add_argument("--days", type=days, default=quotas.DAYS, help="until it expires (default: %(default)s)")
    for period in ("day", "month"):
        about = f"requests in a {period} of UTC, 0 for any number (default: 0, or as the client has)"
        add.add_argument(f"--per-{period}", type=int, metavar="N", help=about)
    used = verbs.add_parser("usage", help="requests, examples, errors and bytes of each client, model and day of UTC")
    used.add_argument("--csv", action="store_true", help="as a CSV file")
    revoke = verbs.add_parser("revoke", help="take all keys of a client back")
    revoke.add_argument("name")


def days(text: str) -> float:
    """Return the days until a key expires. Raises ArgumentTypeError."""
    with suppress(ValueError):
        if 0 < float(text) <= quotas.MOST_DAYS:
            return float(text)
    raise argparse.ArgumentTypeError(f"a key is valid for more than 0 and at most {quotas.MOST_DAYS} days, not {text}")
