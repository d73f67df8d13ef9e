"""Names of models."""

from inference.names import RULE, is_name

DECLARATION = "model.toml"  # lies beside a network on pictures; serving.declared reads it


def check(model: str) -> str:
    """Return the name. Raises ValueError if it is not valid for a model."""
    if not is_name(model):
        raise ValueError(f"invalid model name {model!r:.80}: --name must be {RULE}")
    return model
