"""Graph of a folder: its ONNX file, or the export of its network from Python."""

from collections.abc import Callable, Mapping

import numpy as np

from inference.declared.declaration import TENSORS, Declaration
from inference.declared.runner import Runner
from inference.inputs.named import DTYPES, FREE, Tensor
from inference.results import Arrays
from inference.spec import Rows
from serving.declared import graph
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, Declared, Stated
from serving.declared.graph import OnnxGraph

Run = Callable[..., list[Rows]]  # from the inputs in order to the outputs


def graph_of(declared: Declared) -> tuple[OnnxGraph, Run | None]:
    """Return the graph, and the function that runs the network it was exported from, or None."""
    if not declared.function:
        return graph.read(declared.network), None
    from serving.declared import torch_network  # noqa: PLC0415 - an ONNX file needs no PyTorch

    network = torch_network.make(declared)
    names = declared.names if declared.kind == TENSORS else ()
    content = torch_network.export(network, _examples(declared, double=torch_network.is_double(network)), names)
    return graph.parse(content, declared.network.name), torch_network.runner(network)


def original(run: Run, declaration: Declaration, made: OnnxGraph) -> Callable[[Rows], Arrays]:
    """Return a function that computes the served outputs with PyTorch, by the graph's names."""
    names = [value.tensor.name for value in made.outputs]
    served = [output.name for output in declaration.outputs]

    def compute(feeds: Mapping[str, Rows]) -> list[Rows]:
        outputs = dict(zip(names, run(*feeds.values()), strict=True))
        return [outputs[name] for name in served]

    everything = Runner(declaration, compute)
    return lambda rows: dict(zip(served, everything(rows), strict=True))


def _examples(declared: Declared, *, double: bool) -> dict[str, Tensor]:
    """Return the inputs of a network from Python, which does not state them: by name, or "" for its only one.

    double  False reads samples of float64, which is NumPy's default, as float32
    """
    if declared.inputs:
        return {name: _tensor(name, stated) for name, stated in declared.inputs.items()}
    if declared.columns:
        return {"": Tensor("", "FP32", (len(declared.columns),))}
    if image := declared.image:
        size = image.crop_size or image.size
        if size is None:
            raise DeclarationError(f"{FILE} [input]: image has no size, which is unknown for a network from Python")
        return {"": Tensor("", "FP32", (image.channels, *size))}
    for path in sorted(declared.samples.glob("*.npy")):
        array = np.load(path, allow_pickle=False)
        datatype = next((name for name, text in DTYPES.items() if np.dtype(text) == array.dtype), "FP32")
        datatype = "FP32" if datatype == "FP64" and not double else datatype
        return {"": Tensor("", datatype, array.shape)}
    raise DeclarationError(
        f"{FILE}: the input of a network from Python is unknown: state columns, an image's size or the shapes of "
        "[inputs.NAME], or add a file samples/NAME.npy that holds one example without a batch dimension"
    )


def _tensor(name: str, stated: Stated) -> Tensor:
    if stated.shape is None:
        raise DeclarationError(
            f"{FILE} [inputs.{name}]: shape is missing, and is unknown for a network from Python: [] for one number "
            f"an example, {FREE} for a side that may vary"
        )
    return Tensor(name, stated.datatype or "FP32", stated.shape, stated.axis or 0)
