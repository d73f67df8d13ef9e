"""The schema of an explanation: by column, by pixel or by number, of a label or of a value."""

from inference.explanations import shown
from inference.spec import CLASSES
from serving.openapi.interface import Interface
from serving.openapi.lists import Schema, deep, nested

_SHARE: Schema = {"type": "number"}


def fill(model: Interface, schema: Schema) -> None:
    """Fill in what depends on the model's input and output."""
    given, properties = model.input, schema["properties"]
    number: Schema = {"$ref": f"#/components/schemas/{model.name}.Number"}
    attributions: Schema
    example: Schema
    if given.columns:
        attributions, example = (
            {"type": "object", "required": [*given.columns], "properties": dict.fromkeys(given.columns, leaf)}
            for leaf in (_SHARE, number)
        )
    elif given.is_image and shown.block(given) > 1:
        attributions, example = deep(2, _SHARE), deep(len(given.shape), number)
        about = "Side of the squares of pixels over which the shares of a large image are summed."
        properties["block"] = {"type": "integer", "description": about}
        schema["required"].append("block")
    else:
        attributions = nested(given.shape, _SHARE)
        if given.is_image and len(given.shape) > 2:  # by pixel, or by channel as well
            attributions = {"anyOf": [attributions, nested(given.shape[:2], _SHARE)]}
        example = nested(given.shape, number)
    about = f"Each {given.number}'s share, above 0 for the target and below 0 against it."
    properties |= {"attributions": {"description": about, **attributions}, given.example: example}
    if model.output.kind != CLASSES:
        _fill_values(model, schema)


def _fill_values(model: Interface, schema: Schema) -> None:
    """Leave out what only classes have; the target is a name or an index."""
    for name in (model.output.key, "confidence", "probability"):
        schema["required"].remove(name)
        del schema["properties"][name]
    schema["properties"]["target"] = {"enum": _values(model)}


def _values(model: Interface) -> list[str | int]:
    return [*model.output.names] or [int(index) for index in model.values]
