"""Schemas of nested lists."""

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]


def nested(shape: Sequence[int], leaf: Schema) -> Schema:
    """Lists nested as a shape is."""
    for side in reversed(shape):
        leaf = {"type": "array", "minItems": side, "maxItems": side, "items": leaf}
    return leaf


def deep(depth: int, leaf: Schema) -> Schema:
    """Lists of any length, nested so deep."""
    for _ in range(depth):
        leaf = {"type": "array", "items": leaf}
    return leaf
