"""The output tensors of an Open Inference Protocol answer."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from inference.errors import InvalidTensor
from inference.messages import Answer
from inference.protocols.batch import Batch
from inference.protocols.lists import shown

_DATATYPES = {"digit": "INT64", "probabilities": "FP32"}
Tensor = tuple[dict[str, Any], bytes]  # its JSON, and its binary data
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


def answer(request_id: str | None, outputs: tuple[Output, ...], batch: Batch, part: slice) -> Answer:
    """The v2 response for a part of a batch: ``digit`` INT64 [N] and ``probabilities`` FP32 [N,10], as asked for."""
    content: dict[str, Any] = {"model_name": batch.identity.name, "model_version": batch.identity.version}
    if request_id is not None:
        content["id"] = request_id
    tensors = [_TENSORS[output.name](batch, part, output.binary) for output in outputs]
    content["outputs"] = [head for head, _ in tensors]
    head = orjson.dumps(content)
    binary = b"".join(data for _, data in tensors)
    if not binary:
        return Answer(head)
    headers = {"Inference-Header-Content-Length": str(len(head))}
    return Answer(head + binary, "application/octet-stream", headers=headers)


def _digit(batch: Batch, part: slice, binary: bool) -> Tensor:
    digits = batch.predictions.digits[part].astype("<i8")
    return _tensor("digit", digits, orjson.Fragment(orjson.dumps(digits.tolist())), binary)


def _probabilities(batch: Batch, part: slice, binary: bool) -> Tensor:
    probabilities = batch.predictions.probabilities[part].astype("<f4")
    text = b"" if binary else b"[%b]" % b",".join(batch.rows[part])
    return _tensor("probabilities", probabilities, orjson.Fragment(text), binary)


def _tensor(name: str, array: npt.NDArray[np.generic], data: orjson.Fragment, binary: bool) -> Tensor:
    head: dict[str, Any] = {"name": name, "shape": array.shape, "datatype": _DATATYPES[name]}
    if binary:
        return head | {"parameters": {"binary_data_size": array.nbytes}}, array.tobytes()
    return head | {"data": data}, b""


_TENSORS: dict[str, Callable[[Batch, slice, bool], Tensor]] = {"digit": _digit, "probabilities": _probabilities}


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
