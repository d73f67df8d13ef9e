"""Serve a page to draw digits on, at http://127.0.0.1:7860, which uses the service that scripts/up started."""

import argparse
from pathlib import Path

from scripts.options import add_directory
from serving.arguments import Parser

_FIRST, _LAST = 1024, 65535


def add(parser: Parser) -> None:
    parser.add_argument("--port", type=port, default=7860, help="on this machine (default: %(default)s)")
    parser.add_argument("--background", action="store_true", help="return when it runs; scripts/down stops it")
    add_directory(parser, "the service's run folder")
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)  # of the one in the background


def port(text: str) -> int:
    """Return the port of the page. Raises ArgumentTypeError."""
    if text.isdecimal() and _FIRST <= int(text) <= _LAST:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port is a number from {_FIRST} to {_LAST}, not {text}")
