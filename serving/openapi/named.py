"""Schemas of requests for a model with named inputs: objects in version 1 of the protocol, tensors in version 2."""

from typing import Any

import numpy as np

from inference.inputs.named import DTYPES, FREE, Tensor
from serving.openapi.interface import Interface
from serving.openapi.schemas import Schema, nested, ref

_LEAVES: dict[str, Schema] = {"BYTES": {"type": "string"}, "BOOL": {"type": "boolean"}}


def words(model: Interface) -> Schema:
    """Return the values for the template that depend on inputs: an example as an object, and a tensor for each."""
    return {
        "@number": None,
        "@one": _example(model),
        "@columns": None,
        "@v1": ref("Instances", model),
        "@body": ref("Binary"),
        "@file": None,
        "@instance": ref("Example", model),
        "@fewest": max(1, len(_required(model))),
        "@inputs": len(model.inputs),
        "@identified": "name",
        "@tensor": {},
        "@datatype": {},
        "@shape": {},
        "@data": "The elements, flat or nested.",
        "@tensors": [{"properties": _tensor(given, model.input.most)} for given in model.inputs],
        **dict.fromkeys(("@size", "@width", "@height")),
    }


def _required(model: Interface) -> list[str]:
    return [given.name for given in model.inputs if given.name not in model.optional]


def _example(model: Interface) -> Schema:
    """Return the schema of an example: an object by input name, or the value alone if there is one input."""
    values = {given.name: _value(given) for given in model.inputs}
    example: Schema = {
        "description": f"One example: the values of {', '.join(values)}.",
        "type": "object",
        "additionalProperties": False,
        "required": _required(model),
        "properties": values,
    }
    if len(values) > 1:
        return example
    about = example.pop("description")
    return {"description": about, "anyOf": [example, *values.values()]}


def _value(given: Tensor) -> Schema:
    """Return the schema of one input in an example: nested lists, or a single number, boolean or text."""
    sides, leaf = given.shape, _leaf(given.datatype)
    if set(sides) <= {1}:
        return {"anyOf": [leaf, *(nested([1] * depth, leaf) for depth in range(1, max(2, len(sides) + 1)))]}
    schema = leaf
    for side in reversed(sides):
        schema = {"type": "array", "minItems": 1, "items": schema} if side == FREE else nested([side], schema)
    return schema


def _leaf(datatype: str) -> Schema:
    if datatype in _LEAVES:
        return _LEAVES[datatype]
    dtype = np.dtype(DTYPES[datatype])
    if dtype.kind == "f":
        return {"type": "number"}
    limits = np.iinfo(dtype)
    return {"type": "integer", "minimum": int(limits.min), "maximum": int(limits.max)}


def _tensor(given: Tensor, most: int) -> Schema:
    """Return the schema of an input as a tensor, in the layout of the network."""
    sides = [_side(side, most) for side in given.layout("N")]
    shape: dict[str, Any] = {"type": "array", "minItems": len(sides), "maxItems": max(1, len(sides))}
    shape |= {"prefixItems": sides} if sides else {"items": {"const": 1}}
    layout = ",".join("any" if side == FREE else str(side) for side in given.layout("N"))
    return {
        "name": {"const": given.name},
        "datatype": {"const": given.datatype},
        "shape": {"description": f"[{layout}]", **shape},
    }


def _side(side: int | str, most: int) -> Schema:
    if side == "N":
        return {"type": "integer", "minimum": 1, "maximum": most}
    return {"type": "integer", "minimum": 1} if side == FREE else {"const": side}
