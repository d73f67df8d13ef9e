"""Schema of an explanation: by column, pixel or number, of a label or a value."""

from inference.explanations import shown
from inference.explanations.query import QueryReader
from serving.openapi.interface import Interface
from serving.openapi.schemas import Schema, nested, ref

_SHARE: Schema = {"type": "number"}


def words(model: Interface) -> Schema:
    """Return the values for the template that depend on explanations; nothing for a model without them."""
    if not model.methods:
        return {}
    spec, number, block = model.input, ref("Number", model), None
    attributions, example = nested(spec.shape, _SHARE), nested(spec.shape, number)
    if spec.columns:
        attributions, example = (
            {"type": "object", "required": [*spec.columns], "properties": dict.fromkeys(spec.columns, leaf)}
            for leaf in (_SHARE, number)
        )
    elif spec.is_image and shown.block(spec) > 1:
        attributions, example = nested([None] * 2, _SHARE), nested([None] * len(spec.shape), number)
        about = "Side of the squares of pixels over which the shares of a large image are summed."
        block = {"type": "integer", "description": about}
    elif spec.is_image and len(spec.shape) > 2:  # by pixel, or by channel as well
        attributions = {"anyOf": [attributions, nested(spec.shape[:2], _SHARE)]}
    about = f"Each {spec.number}'s share, above 0 for the target and below 0 against it."
    reader, bounds = QueryReader(model.methods, model.output.labels, model.values), model.methods.values()
    return {
        "@attributions": {"description": about, **attributions},
        "@explained": example,
        "@block": block,
        "@has_block": "block" if block else None,
        "@methods": list(model.methods),
        "@method": reader.default,
        "@targets": list(reader.targets),
        "@target": reader.target,
        "@least": min(bound.least for bound in bounds),
        "@greatest": max(bound.most for bound in bounds),
    }


def leave_out_classes(model: Interface, schema: Schema) -> None:
    """Remove the members that only classes have from a schema. The target becomes a name or an index."""
    for name in (model.output.key, "confidence", "probability"):
        schema["required"].remove(name)
        del schema["properties"][name]
    targets: list[str | int] = [*model.output.names] or [int(index) for index in model.values]
    schema["properties"]["target"] = {"enum": targets}
