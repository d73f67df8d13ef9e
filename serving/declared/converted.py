"""Labels in graphs that skl2onnx and onnxmltools convert."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

_PRODUCERS = ("skl2onnx", "OnnxMLTools")
_LABEL_NUMBERS = ("classlabels_int64s", "classlabels_ints")  # attributes of classifiers
_PLAIN = ("Identity", "Cast", "Reshape")  # operators that may follow the labels


def is_regressor(model: "onnx.ModelProto") -> bool:
    """Return whether a converter made the graph, and it has no labels: converters write those of every classifier."""
    return model.producer_name in _PRODUCERS and not labels(model)


def labels(model: "onnx.ModelProto") -> tuple[str, ...]:
    """Return the labels of the outputs, or of the only classifier in the graph; empty for none or several."""
    chosen = {_of_output(model, output.name) for output in model.graph.output} - {()}
    every = {_attributes(node) for node in model.graph.node if node.op_type.endswith("Classifier")}
    for candidates in (chosen, every):
        if candidates:
            return candidates.pop() if len(candidates) == 1 else ()
    return ()


def _of_output(model: "onnx.ModelProto", name: str) -> tuple[str, ...]:
    """Return the labels that an output selects from: converters look up the number of the class in a table."""
    from onnx import numpy_helper  # noqa: PLC0415

    makers = {output: node for node in model.graph.node for output in node.output}
    while (node := makers.get(name)) and node.op_type in _PLAIN:
        name = node.input[0]
    if node is None or node.op_type != "ArrayFeatureExtractor":
        return ()
    tables = (constant for constant in model.graph.initializer if constant.name == node.input[0])
    return tuple(_text(label) for table in tables for label in numpy_helper.to_array(table).ravel())


def _attributes(node: "onnx.NodeProto") -> tuple[str, ...]:
    """Return the labels in the attributes of an operator."""
    attributes = {attribute.name: attribute for attribute in node.attribute}
    texts = attributes["classlabels_strings"].strings if "classlabels_strings" in attributes else ()
    numbers = next((attributes[name].ints for name in _LABEL_NUMBERS if name in attributes), ())
    return tuple(map(_text, texts)) or tuple(map(_text, numbers))


def _text(label: object) -> str:
    return label.decode() if isinstance(label, bytes) else str(label)
