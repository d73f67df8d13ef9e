"""Inputs and outputs of an ONNX graph, and the reasons why some cannot be served."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inference.inputs.named import DTYPES, FREE, Tensor
from serving.declared import converted
from serving.declared.errors import DeclarationError

if TYPE_CHECKING:
    import onnx

MOST_BYTES = 200 << 20  # of the graph's file; an archive also holds the code
_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")  # domains of the operators in ONNX Runtime
_NO_TENSOR = ", not a tensor"
_DATATYPES = {"FLOAT16": "FP16", "FLOAT": "FP32", "DOUBLE": "FP64", "STRING": "BYTES"}  # all others have ONNX's name


@dataclass(frozen=True)
class Value:
    """Input or output. Its shape is that of the whole batch, with FREE for variable sides.

    refusal  reason why it cannot be served; empty if it can
    """

    tensor: Tensor
    refusal: str = ""

    @property
    def is_tensor(self) -> bool:
        return _NO_TENSOR not in self.refusal


@dataclass(frozen=True)
class OnnxGraph:
    """ONNX file: bytes, inputs and outputs.

    labels     labels in the graph, as skl2onnx writes them; empty if there are none
    regressor  true if it certainly has no classes
    """

    content: bytes
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    labels: tuple[str, ...] = ()
    regressor: bool = False


def read(path: Path) -> OnnxGraph:
    """Read an ONNX file. Raises DeclarationError like ``parse``, and for a file that is too large."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise DeclarationError(f"{path.name} has {size:,} bytes; at most {MOST_BYTES:,} fit into an archive")
    return parse(path.read_bytes(), path.name)


def parse(content: bytes, name: str) -> OnnxGraph:
    """Parse the bytes of an ONNX file.

    Raises DeclarationError with the reason for bytes that are no ONNX graph, for weights in other files, and for
    operators that ONNX Runtime does not have.
    """
    import onnx  # noqa: PLC0415 - a machine that only serves does not have it

    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's DecodeError, whose class differs between versions
        raise DeclarationError(f"{name} is not an ONNX file: {error}") from error
    if not model.graph.output:
        raise DeclarationError(f"{name} is not an ONNX file: it has no graph with outputs")
    _check_operators(model, name)
    _check_weights(model, name)
    constants = {constant.name for constant in model.graph.initializer}
    inputs = tuple(_value(entry) for entry in model.graph.input if entry.name not in constants)
    outputs = tuple(map(_output, model.graph.output))
    return OnnxGraph(content, inputs, outputs, converted.labels(model), converted.is_regressor(model))


def _check_operators(model: "onnx.ModelProto", name: str) -> None:
    own = {(entry.domain, entry.name) for entry in model.functions}  # operators that the file defines
    for node in _nodes(model):
        if node.domain not in _DOMAINS and (node.domain, node.op_type) not in own:
            raise DeclarationError(
                f"{name} has the operator {node.op_type} of the custom domain {node.domain!r}, which ONNX Runtime "
                "does not have: export it with standard operators"
            )


def _nodes(model: "onnx.ModelProto") -> "Iterator[onnx.NodeProto]":
    """Yield all nodes, including those in branches, loops and functions."""
    waiting = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [inner for graph in _graphs(node) for inner in graph.node]


def _graphs(node: "onnx.NodeProto") -> "Iterator[onnx.GraphProto]":
    for attribute in node.attribute:
        yield from ([attribute.g] if attribute.HasField("g") else attribute.graphs)


def _tensors(model: "onnx.ModelProto") -> "Iterator[onnx.TensorProto]":
    """Yield all tensors whose data must be in the file."""
    yield from model.graph.initializer
    for node in _nodes(model):
        yield from (attribute.t for attribute in node.attribute if attribute.HasField("t"))
        yield from (tensor for graph in _graphs(node) for tensor in graph.initializer)


def _check_weights(model: "onnx.ModelProto", name: str) -> None:
    outside = next((tensor for tensor in _tensors(model) if tensor.external_data), None)
    if outside is not None:
        location = {entry.key: entry.value for entry in outside.external_data}.get("location", "")
        raise DeclarationError(
            f"{name} keeps weights in the file {location!r:.80}: write one file with torch.onnx.export(..., "
            "external_data=False), or onnx.save(onnx.load(path), path, save_as_external_data=False)"
        )


def shown_shape(tensor: Tensor) -> str:
    """Return the shape of a tensor for messages."""
    return f"[{', '.join('?' if side == FREE else str(side) for side in tensor.shape)}]"


def refused(what: str, values: Sequence[Value]) -> str:
    """Return the reasons why inputs or outputs cannot be served; empty if all can."""
    return "; ".join(f"the network's {what} {value.tensor.name!r} {value.refusal}" for value in values if value.refusal)


def _output(entry: "onnx.ValueInfoProto") -> Value:
    tensor, refusal = _described(entry)
    if tensor.datatype == "BYTES":
        refusal = "is of type string, which is not served: return numbers, whose texts are labels in model.toml"
    return Value(tensor, refusal)


def _value(entry: "onnx.ValueInfoProto") -> Value:
    tensor, refusal = _described(entry)
    if not refusal and not entry.type.tensor_type.HasField("shape"):
        refusal = "has no shape: export it with one"
    return Value(tensor, refusal)


def _described(entry: "onnx.ValueInfoProto") -> tuple[Tensor, str]:
    """Return the tensor, whose shape is empty if it is unknown, and the reason why its type cannot be served."""
    import onnx  # noqa: PLC0415

    kind = entry.type.WhichOneof("value")
    if kind != "tensor_type":
        what = str(kind or "nothing").removesuffix("_type")
        remedy = "; skl2onnx converts with options={'zipmap': False}" if what == "sequence" else ""
        return Tensor(entry.name, "", ()), f"is a {what}{_NO_TENSOR}: export its tensors, each under its name{remedy}"
    tensor_type = entry.type.tensor_type
    name = onnx.TensorProto.DataType.Name(tensor_type.elem_type)
    sides = tuple(side.dim_value if side.HasField("dim_value") else FREE for side in tensor_type.shape.dim)
    datatype = _DATATYPES.get(name, name)
    if datatype not in DTYPES:
        return Tensor(entry.name, "", sides), f"is of type {name.lower()}, which is not served: cast it to float32"
    return Tensor(entry.name, datatype, sides), ""
