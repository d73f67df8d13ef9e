"""Names of what a training leaves."""

from inference.names import RULE, is_name

DECLARATION = "model.toml"  # beside a network on pictures, as serving.declared reads it


def check(model: str) -> str:
    """Return the name. Raises ValueError if no model can be served under it."""
    if not is_name(model):
        raise ValueError(f"no model can be named {model!r:.80}: choose --name of {RULE}")
    return model
