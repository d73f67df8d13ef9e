"""The output tensors of an Open Inference Protocol answer."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from inference.errors import InvalidTensor
from inference.hints import Hints
from inference.messages import Answer
from inference.protocols.batch import Batch
from inference.protocols.numbers import shown
from inference.spec import OutputSpec

PROBABILITIES = "probabilities"
Tensor = tuple[dict[str, Any], bytes]  # its JSON, and its binary data


class Output(NamedTuple):
    """A tensor that the client wants, and whether it comes as binary."""

    name: str
    binary: bool


class TensorWriter:
    """Writes the label [N] and the ``probabilities`` FP32 [N,K] of a model's predictions."""

    def __init__(self, output: OutputSpec, hints: Hints) -> None:
        self._output = output
        self._hint = hints.outputs
        self._tensors: Mapping[str, Callable[[Batch, slice, bool], Tensor]] = {
            output.key: self._labels,
            PROBABILITIES: self._probabilities,
        }

    def requested(self, content: dict[str, Any]) -> tuple[Output, ...]:
        """The outputs a request asks for, all if it names none. Raises InvalidTensor for one that isn't there."""
        binary = self._flag(content, "binary_data_output", default=False)
        outputs = content.get("outputs") or [{"name": name} for name in self._tensors]
        if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
            raise InvalidTensor("outputs must be a list of objects", self._hint)
        chosen = tuple(
            Output(self._name(output), self._flag(output, "binary_data", default=binary)) for output in outputs
        )
        if len({output.name for output in chosen}) != len(chosen):
            raise InvalidTensor("outputs names a tensor twice", self._hint)
        return chosen

    def answer(self, request_id: str | None, outputs: tuple[Output, ...], batch: Batch, part: slice) -> Answer:
        """The v2 response for a part of a batch, with the outputs as asked for."""
        identity = batch.template.identity
        content: dict[str, Any] = {"model_name": identity.name, "model_version": identity.version}
        if request_id is not None:
            content["id"] = request_id
        tensors = [self._tensors[output.name](batch, part, output.binary) for output in outputs]
        content["outputs"] = [head for head, _ in tensors]
        head = orjson.dumps(content)
        binary = b"".join(data for _, data in tensors)
        if not binary:
            return Answer(head)
        headers = {"Inference-Header-Content-Length": str(len(head))}
        return Answer(head + binary, "application/octet-stream", headers=headers)

    def _labels(self, batch: Batch, part: slice, binary: bool) -> Tensor:
        classes, output = batch.predictions.classes[part].tolist(), self._output
        head = {"name": output.key, "shape": [len(classes)], "datatype": output.datatype}
        data = [(output.binary if binary else output.json)[index] for index in classes]
        return _tensor(head, data, binary)

    def _probabilities(self, batch: Batch, part: slice, binary: bool) -> Tensor:
        probabilities = batch.predictions.probabilities[part]
        head = {"name": PROBABILITIES, "shape": probabilities.shape, "datatype": "FP32"}
        return _tensor(head, [probabilities.astype("<f4").tobytes()] if binary else batch.rows[part], binary)

    def _name(self, output: dict[str, Any]) -> str:
        name = output.get("name")
        if not isinstance(name, str) or name not in self._tensors:
            raise InvalidTensor(f"there is no output {shown(name)}", self._hint)
        return name

    def _flag(self, holder: dict[str, Any], key: str, *, default: bool) -> bool:
        parameters = holder.get("parameters", {})
        if not isinstance(parameters, dict):
            raise InvalidTensor("parameters must be an object", self._hint)
        if "classification" in parameters:
            raise InvalidTensor("the classification extension is not supported", self._hint)
        flag = parameters.get(key, default)
        if not isinstance(flag, bool):
            raise InvalidTensor(f"{key} must be true or false", self._hint)
        return flag


def _tensor(head: dict[str, Any], parts: list[bytes], binary: bool) -> Tensor:
    if binary:
        data = b"".join(parts)
        return head | {"parameters": {"binary_data_size": len(data)}}, data
    return head | {"data": orjson.Fragment(b"[%b]" % b",".join(parts))}, b""
