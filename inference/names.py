"""Rule for the names of models, which must be valid in addresses, in file names and for TorchServe."""

import re

RULE = "1 to 64 of a-z A-Z 0-9 . _ -, the first a letter or a number"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


def is_name(text: str) -> bool:
    """Return True if a model can be served under this name."""
    return _NAME.fullmatch(text) is not None
