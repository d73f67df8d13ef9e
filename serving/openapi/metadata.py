"""Metadata of models in the words of the Open Inference Protocol, and their state in TensorFlow Serving's."""

from collections.abc import Mapping, Sequence
from typing import Any

from inference.spec import CLASSES, PROBABILITIES
from serving import version
from serving.openapi.interface import Interface, TensorType

_FREE = -1  # the batch
_EXTENSIONS = ["binary_tensor_data"]

Content = dict[str, Any]


def server() -> Content:
    """Return the metadata of the server."""
    return {"name": "inference", "version": version.read(), "extensions": _EXTENSIONS}


def model(name: str, versions: Sequence[str], found: Interface | None) -> Content:
    """Return the metadata of a model.

    found  None for an archive that does not tell: it has neither inputs nor outputs here
    """
    content: Content = {"name": name, "versions": [*versions], "platform": found.platform if found else ""}
    if found is None:
        return content | {"inputs": [], "outputs": []}
    outputs = [*map(_tensor, found.outputs or _of_classes(found))]
    return content | {
        "inputs": [*map(_tensor, found.inputs or _of_rows(found))],
        "outputs": outputs,
        "parameters": _parameters(found),
    }


def status(name: str, ready: Mapping[str, bool]) -> Content:
    """Return the state of a model's versions, with KServe's two keys.

    ready  by version
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


def _of_rows(found: Interface) -> Sequence[TensorType]:
    given = found.input
    return (TensorType(given.name, given.datatype, (_FREE, *given.shape)),)


def _of_classes(found: Interface) -> Sequence[TensorType]:
    """The label and the probabilities; nothing of another kind, whose archive is older than this file."""
    output = found.output
    if output.kind != CLASSES:
        return ()
    return (
        TensorType(output.key, output.datatype, (_FREE,)),
        TensorType(PROBABILITIES, "FP32", (_FREE, len(output.labels))),
    )


def _tensor(tensor: TensorType) -> Content:
    return {"name": tensor.name, "datatype": tensor.datatype, "shape": [*tensor.shape]}


def _parameters(found: Interface) -> Content:
    """Return the parameters that the protocol has no fields for; absent where a model has none."""
    given, output = found.input, found.output
    content: Content = {"labels": output.labels, "columns": given.columns, "names": output.names}
    content |= {"explanations": [*found.methods], "image_files": found.files}
    return {name: [*value] if isinstance(value, tuple) else value for name, value in content.items() if value}
