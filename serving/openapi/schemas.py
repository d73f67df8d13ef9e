"""Schemas of nested lists, and references to schemas."""

from collections.abc import Sequence
from typing import Any

from serving.openapi.interface import Interface

Schema = dict[str, Any]


def ref(name: str, model: Interface | None = None) -> Schema:
    """Return a reference to a schema, either of one model or shared by all."""
    return {"$ref": f"#/components/schemas/{f'{model.name}.' if model else ''}{name}"}


def nested(shape: Sequence[int | None], leaf: Schema) -> Schema:
    """Return the schema of lists nested in this shape; a side of None may have any length."""
    for side in reversed(shape):
        bounds = {} if side is None else {"minItems": side, "maxItems": side}
        leaf = {"type": "array", **bounds, "items": leaf}
    return leaf
