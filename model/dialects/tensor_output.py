"""The output tensors of an Open Inference Protocol answer."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from model.classifier import Predictions
from model.dialects.grids import shown
from model.dialects.request import dumped
from model.errors import InvalidTensor
from model.messages import Answer, Identity

_DATATYPES = {"digit": "INT64", "probabilities": "FP32"}
_HINT = 'ask for {"outputs": [{"name": "digit"}, {"name": "probabilities"}]}, or leave outputs out'


class Output(NamedTuple):
    """A tensor that the client wants, and whether it comes as binary."""

    name: str
    binary: bool


def requested(content: dict[str, Any]) -> tuple[Output, ...]:
    """The outputs a request asks for; all of them if it names none. Raises InvalidTensor for one that isn't there."""
    binary = _flag(content, "binary_data_output", default=False)
    outputs = content.get("outputs") or [{"name": name} for name in _DATATYPES]
    if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
        raise InvalidTensor("outputs must be a list of objects", _HINT)
    chosen = tuple(Output(_name(output), _flag(output, "binary_data", default=binary)) for output in outputs)
    if len({output.name for output in chosen}) != len(chosen):
        raise InvalidTensor("outputs names a tensor twice", _HINT)
    return chosen


def answer(request_id: str | None, outputs: tuple[Output, ...], predictions: Predictions, identity: Identity) -> Answer:
    """The v2 response: ``digit`` INT64 [N] and ``probabilities`` FP32 [N,10], in the order asked for."""
    arrays = {"digit": predictions.digits.astype("<i8"), "probabilities": predictions.probabilities.astype("<f4")}
    content: dict[str, Any] = {"model_name": identity.name, "model_version": identity.version}
    if request_id is not None:
        content["id"] = request_id
    content["outputs"] = [_tensor(output, arrays[output.name]) for output in outputs]
    head = dumped(content)
    binary = [arrays[output.name].tobytes() for output in outputs if output.binary]
    if not binary:
        return Answer(head)
    headers = {"Inference-Header-Content-Length": str(len(head))}
    return Answer(b"".join([head, *binary]), "application/octet-stream", headers=headers)


def _tensor(output: Output, array: npt.NDArray[np.generic]) -> dict[str, Any]:
    tensor: dict[str, Any] = {"name": output.name, "shape": array.shape, "datatype": _DATATYPES[output.name]}
    if output.binary:
        return tensor | {"parameters": {"binary_data_size": array.nbytes}}
    return tensor | {"data": array.ravel()}


def _name(output: dict[str, Any]) -> str:
    name = output.get("name")
    if not isinstance(name, str) or name not in _DATATYPES:
        raise InvalidTensor(f"there is no output {shown(name)}", _HINT)
    return name


def _flag(holder: dict[str, Any], key: str, *, default: bool) -> bool:
    parameters = holder.get("parameters", {})
    if not isinstance(parameters, dict):
        raise InvalidTensor("parameters must be an object", _HINT)
    if "classification" in parameters:
        raise InvalidTensor("the classification extension is not supported", _HINT)
    flag = parameters.get(key, default)
    if not isinstance(flag, bool):
        raise InvalidTensor(f"{key} must be true or false", _HINT)
    return flag
