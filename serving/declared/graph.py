"""The inputs and outputs of an ONNX graph, and the reasons for which one cannot be served."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inference.declared.declaration import Tensor
from inference.inputs.named import FREE
from serving.declared.errors import DeclarationError

if TYPE_CHECKING:
    import onnx

MOST_BYTES = 200 << 20  # of the graph's file: an archive holds it and the code
_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")  # of operators that are in ONNX Runtime's package
_LABEL_NUMBERS = ("classlabels_int64s", "classlabels_ints")  # attributes
_DATATYPES = {
    "BOOL": "BOOL", "UINT8": "UINT8", "INT8": "INT8", "UINT16": "UINT16", "INT16": "INT16", "UINT32": "UINT32",
    "INT32": "INT32", "UINT64": "UINT64", "INT64": "INT64", "FLOAT16": "FP16", "FLOAT": "FP32", "DOUBLE": "FP64",
    "STRING": "BYTES",
}  # fmt: skip


@dataclass(frozen=True)
class Value:
    """An input or output. Its tensor's shape is that of the whole batch, FREE where it may vary.

    refusal  why it cannot be served; empty if it can
    """

    tensor: Tensor
    refusal: str = ""


@dataclass(frozen=True)
class OnnxGraph:
    """ONNX file: bytes, inputs and outputs.

    labels  of its only classifier of ONNX's machine learning operators, as skl2onnx writes them; empty if there is none
    """

    content: bytes
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    labels: tuple[str, ...] = ()


def read(path: Path) -> OnnxGraph:
    """Read an ONNX file. Raises DeclarationError as ``parse`` does, and for a file that is too large."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise DeclarationError(f"{path.name} has {size:,} bytes; at most {MOST_BYTES:,} fit into an archive")
    return parse(path.read_bytes(), path.name)


def parse(content: bytes, name: str) -> OnnxGraph:
    """Read the bytes of an ONNX file.

    Raises DeclarationError, which names the reason, for bytes that are no ONNX graph, for weights in other files, and
    for operators that ONNX Runtime does not have.
    """
    import onnx  # noqa: PLC0415 - with requirements/onnx.txt, which a machine that only serves has not

    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's own DecodeError, which is of another class in each of its versions
        raise DeclarationError(f"{name} is not an ONNX file: {error}") from error
    if not model.graph.output:
        raise DeclarationError(f"{name} is not an ONNX file: it has no graph with outputs")
    _check_operators(model, name)
    _check_weights(model, name)
    constants = {constant.name for constant in model.graph.initializer}
    inputs = tuple(_value(entry) for entry in model.graph.input if entry.name not in constants)
    return OnnxGraph(content, inputs, tuple(map(_output, model.graph.output)), _labels(model))


def _labels(model: "onnx.ModelProto") -> tuple[str, ...]:
    labels = set()
    for node in model.graph.node:
        given = {attribute.name: attribute for attribute in node.attribute}
        if node.op_type.endswith("Classifier"):
            texts = given["classlabels_strings"].strings if "classlabels_strings" in given else ()
            numbers = next((given[name].ints for name in _LABEL_NUMBERS if name in given), ())
            labels.add(tuple(text.decode() for text in texts) or tuple(map(str, numbers)))
    return labels.pop() if len(labels) == 1 else ()


def _check_operators(model: "onnx.ModelProto", name: str) -> None:
    own = {(entry.domain, entry.name) for entry in model.functions}  # operators that the file itself defines
    for node in _nodes(model):
        if node.domain not in _DOMAINS and (node.domain, node.op_type) not in own:
            raise DeclarationError(
                f"{name} has the operator {node.op_type} of the custom domain {node.domain!r}, which ONNX Runtime "
                "does not have: export it with standard operators"
            )


def _nodes(model: "onnx.ModelProto") -> "Iterator[onnx.NodeProto]":
    """All nodes, with those of branches, loops and functions."""
    waiting = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [inner for graph in _graphs(node) for inner in graph.node]


def _graphs(node: "onnx.NodeProto") -> "Iterator[onnx.GraphProto]":
    for attribute in node.attribute:
        yield from ([attribute.g] if attribute.HasField("g") else attribute.graphs)


def _tensors(model: "onnx.ModelProto") -> "Iterator[onnx.TensorProto]":
    """All tensors that the file should hold."""
    yield from model.graph.initializer
    for node in _nodes(model):
        yield from (attribute.t for attribute in node.attribute if attribute.HasField("t"))
        yield from (tensor for graph in _graphs(node) for tensor in graph.initializer)


def _check_weights(model: "onnx.ModelProto", name: str) -> None:
    outside = next((tensor for tensor in _tensors(model) if tensor.external_data), None)
    if outside is not None:
        location = {entry.key: entry.value for entry in outside.external_data}.get("location", "")
        raise DeclarationError(
            f"{name} keeps weights in the file {location!r:.80}: write one file with "
            "onnx.save(onnx.load(path), path, save_as_external_data=False)"
        )


def shape_of(tensor: Tensor) -> str:
    """Return a tensor's shape as messages show it."""
    return f"[{', '.join('?' if side == FREE else str(side) for side in tensor.shape)}]"


def _output(entry: "onnx.ValueInfoProto") -> Value:
    value = _value(entry)
    return (
        replace(value, refusal="is of type string, which is not served") if value.tensor.datatype == "BYTES" else value
    )


def _value(entry: "onnx.ValueInfoProto") -> Value:
    import onnx  # noqa: PLC0415

    kind = entry.type.WhichOneof("value")
    if kind != "tensor_type":
        what = str(kind or "nothing").removesuffix("_type")
        remedy = ": skl2onnx converts with options={'zipmap': False}" if what == "sequence" else ""
        return Value(Tensor(entry.name, "", ()), f"is a {what}, not a tensor{remedy}")
    given = entry.type.tensor_type
    name = onnx.TensorProto.DataType.Name(given.elem_type)
    sides = tuple(side.dim_value if side.HasField("dim_value") else FREE for side in given.shape.dim)
    if name not in _DATATYPES:
        return Value(Tensor(entry.name, "", sides), f"is of type {name.lower()}, which is not served")
    if not given.HasField("shape"):
        return Value(Tensor(entry.name, _DATATYPES[name], ()), "has no shape: export it with one")
    return Value(Tensor(entry.name, _DATATYPES[name], sides))
