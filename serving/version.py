"""Version of this project, which is the default version of archives."""

import tomllib

from serving.paths import ROOT

FILE = ROOT / "pyproject.toml"


def read() -> str:
    """Return the version in pyproject.toml, its only source."""
    return str(tomllib.loads(FILE.read_text())["project"]["version"])
