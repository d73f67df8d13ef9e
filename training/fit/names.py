"""Names that a bundle carries."""

import re
from typing import NamedTuple

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)  # what an address, a file and TorchServe can have


class Names(NamedTuple):
    """Names of a bundle's preset and of its model; an empty one stands for the specification's."""

    preset: str
    model: str = ""


def check(model: str) -> None:
    """Raises ValueError if no model can be served under this name."""
    if not _NAME.fullmatch(model):
        raise ValueError(
            f"no model can be named {model!r}: choose --name of 1 to 64 letters, numbers, dots, dashes and "
            "underscores that begins with a letter or a number"
        )
