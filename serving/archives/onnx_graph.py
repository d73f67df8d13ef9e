"""Conversion of linear layers with ReLU between them to an ONNX graph.

The graph has only a few kinds of nodes, so it is built by hand. torch.onnx would need one more package, and writes
paths of this machine and its own version into the file.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from inference.bundle import Bundle
from inference.runtimes.onnx import FILE, INPUT, OUTPUT

_OPSET = 17  # of 2022; ONNX Runtime reads it from 1.12 on
_IR_VERSION = 8


def convert(bundle: Bundle) -> dict[str, bytes]:
    """Return the graph in float32. The same bundle gives the same bytes."""
    return {FILE: _graph(bundle).SerializeToString(deterministic=True)}


def convert_to_int8(bundle: Bundle) -> dict[str, bytes]:
    """Return the graph with weights in 8 bits per channel, and inputs quantised at run time.

    The same version of onnxruntime gives the same bytes.
    """
    with tempfile.TemporaryDirectory(prefix="int8-") as folder:
        path = Path(folder) / FILE
        # Weights have 7 bits: processors without VNNI add two 8-bit products in 16 bits, which could overflow.
        quantize_dynamic(_graph(bundle), path, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        return {FILE: path.read_bytes()}


def _graph(bundle: Bundle) -> ModelProto:
    spec = bundle.spec
    constants = dict(_constants(bundle))
    element = helper.np_dtype_to_tensor_dtype(spec.input.dtype)
    graph = helper.make_graph(
        list(_nodes(len(bundle.parameters) // 2, scaled=spec.input.scale is not None)),
        spec.name,
        [helper.make_tensor_value_info(INPUT, element, ["n", *spec.input.shape])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", len(bundle.labels)])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)


def _constants(bundle: Bundle) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    input_spec = bundle.spec.input
    yield "flat", np.array([-1, input_spec.size], dtype=np.int64)
    if input_spec.scale is not None:
        yield "scale", np.array(input_spec.scale, dtype=np.float32)
    parameters = list(bundle.parameters.values())
    for layer, (weight, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
        yield f"weight{layer}", np.ascontiguousarray(weight.T)  # (in, out)
        yield f"bias{layer}", bias


def _nodes(layers: int, *, scaled: bool) -> Iterator[NodeProto]:
    yield helper.make_node("Reshape", [INPUT, "flat"], ["numbers"])
    yield helper.make_node("Cast", ["numbers"], ["floats" if scaled else "hidden0"], to=TensorProto.FLOAT)
    if scaled:
        yield helper.make_node("Div", ["floats", "scale"], ["hidden0"])
    for layer in range(layers - 1):
        yield helper.make_node("Gemm", [f"hidden{layer}", f"weight{layer}", f"bias{layer}"], [f"sum{layer}"])
        yield helper.make_node("Relu", [f"sum{layer}"], [f"hidden{layer + 1}"])
    last = layers - 1
    yield helper.make_node("Gemm", [f"hidden{last}", f"weight{last}", f"bias{last}"], [OUTPUT])
