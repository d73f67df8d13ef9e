"""The version of this project, which archives get unless they are given another."""

import tomllib

from serving.paths import ROOT

FILE = ROOT / "pyproject.toml"


def read() -> str:
    """The version in pyproject.toml, the one place that has it."""
    return str(tomllib.loads(FILE.read_text())["project"]["version"])
