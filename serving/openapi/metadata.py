"""Metadata of models in the format of the Open Inference Protocol, and their state in that of TensorFlow Serving."""

from collections.abc import Mapping, Sequence
from typing import Any

from inference.inputs.named import Tensor
from inference.spec import PROBABILITIES
from serving import version
from serving.openapi.interface import Interface

_EXTENSIONS = ["binary_tensor_data"]

Content = dict[str, Any]


def server() -> Content:
    """Return the metadata of the server."""
    return {"name": "inference", "version": version.read(), "extensions": _EXTENSIONS}


def model(name: str, versions: Sequence[str], interface: Interface | None) -> Content:
    """Return the metadata of a model.

    interface  None if the archive has none; the metadata then has neither inputs nor outputs
    """
    content: Content = {"name": name, "versions": [*versions], "platform": interface.platform if interface else ""}
    if interface is None:
        return content | {"inputs": [], "outputs": []}
    outputs = [*map(_tensor, interface.outputs or _of_classes(interface))]
    return content | {
        "inputs": [*map(_tensor, interface.inputs or _of_rows(interface))],
        "outputs": outputs,
        "parameters": _parameters(interface),
    }


def status(name: str, ready: Mapping[str, bool]) -> Content:
    """Return the state of a model's versions, with the two keys that KServe adds.

    ready  version -> whether it is ready
    """
    states = [
        {
            "version": version,
            "state": "AVAILABLE" if is_ready else "LOADING",
            "status": {"error_code": "OK", "error_message": ""},
        }
        for version, is_ready in ready.items()
    ]
    return {"name": name, "ready": any(ready.values()), "model_version_status": states}


def _of_rows(interface: Interface) -> Sequence[Tensor]:
    given = interface.input
    return (Tensor(given.name, given.datatype, given.shape),)


def _of_classes(interface: Interface) -> Sequence[Tensor]:
    """The label and the probabilities."""
    output = interface.output
    return Tensor(output.key, output.datatype, ()), Tensor(PROBABILITIES, "FP32", (len(output.labels),))


def _tensor(tensor: Tensor) -> Content:
    return {"name": tensor.name, "datatype": tensor.datatype, "shape": [*tensor.layout()]}


def _parameters(interface: Interface) -> Content:
    """Return metadata for which the protocol has no field, without empty values."""
    given, output = interface.input, interface.output
    content: Content = {"labels": output.labels, "columns": given.columns, "names": output.names}
    content |= {"explanations": [*interface.methods], "image_files": interface.files}
    return {name: [*value] if isinstance(value, tuple) else value for name, value in content.items() if value}
