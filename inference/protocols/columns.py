"""Columnar requests of TensorFlow Serving: ``{"inputs": rows}`` or ``{"inputs": {"name": rows}}``."""

from typing import Any

from inference.http_message import Answer
from inference.protocols.batch import Answers
from inference.protocols.instances import InstancesReader
from inference.protocols.json_text import JsonObject
from inference.protocols.lists import ListReader
from inference.protocols.request import ListRequest
from inference.spec import InputSpec

_ROWS, _COLUMNS = b'{"predictions":', b'{"outputs":'


class ColumnarRequest(ListRequest):
    """Request whose answer is ``{"outputs": [...]}``, also for one example."""

    def answer(self, batch: Answers, first: int) -> Answer:
        return Answer(_COLUMNS + super().answer(batch, first).body.removeprefix(_ROWS))


def is_columnar(inputs: object) -> bool:
    """Return True for a value of ``inputs`` that is not a list of Open Inference Protocol tensors."""
    if isinstance(inputs, list) and inputs:
        return not isinstance(inputs[0], dict) or "b64" in inputs[0]
    if isinstance(inputs, dict):
        return bool(inputs) and "datatype" not in inputs
    return isinstance(inputs, str) and bool(inputs)


class ColumnsReader:
    """Reader of columnar requests: all examples as one tensor, or the columns of a table by name."""

    def __init__(self, spec: InputSpec, lists: ListReader, instances: InstancesReader) -> None:
        self._input = spec
        self._lists = lists
        self._instances = instances

    def decode(self, sent: JsonObject) -> ColumnarRequest:
        request = self._instances.read(self._values(sent.members["inputs"]), "inputs", sent)
        return ColumnarRequest(request.rows, request.treatments)

    def _values(self, inputs: Any) -> object:
        """Return the examples as a list."""
        if isinstance(inputs, dict) and "b64" not in inputs:
            if self._input.columns and set(inputs) == set(self._input.columns):
                return self._rows([inputs[name] for name in self._input.columns])
            if len(inputs) > 1:
                names = ", ".join(repr(name[:40]) for name in list(inputs)[:4])
                raise self._input.error(f"inputs names several columns: {names}", self._lists.hint)
            (inputs,) = inputs.values()
        if not isinstance(inputs, list):
            return [inputs]
        is_one = bool(inputs) and not isinstance(inputs[0], dict | str | list)
        return [inputs] if is_one or (inputs and isinstance(inputs[0], list) and self._lists.is_one(inputs)) else inputs

    def _rows(self, columns: list[Any]) -> list[Any]:
        """Return the rows of a table. Raises the error of the input for columns of different lengths."""
        columns = [column if isinstance(column, list) else [column] for column in columns]
        lengths = sorted({len(column) for column in columns})
        if len(lengths) > 1:
            raise self._input.error(
                f"the columns of inputs have different lengths, {lengths[0]} to {lengths[-1]}", self._lists.hint
            )
        return [list(row) for row in zip(*columns, strict=True)]
