"""Requested output tensors of an Open Inference Protocol request."""

from typing import Any, NamedTuple

from inference.errors import InvalidTensor
from inference.hints import Hints
from inference.protocols.numbers import shown
from inference.spec import OutputSpec


class Output(NamedTuple):
    """A requested output tensor, and whether it is sent as binary data."""

    name: str
    binary: bool


class OutputReader:
    """Reader of the requested output tensors."""

    def __init__(self, output: OutputSpec, hints: Hints) -> None:
        self._names = output.tensor_names
        self._hint = hints.outputs

    def requested(self, content: dict[str, Any]) -> tuple[Output, ...]:
        """Return the requested outputs, or all outputs if the request names none. Raises InvalidTensor."""
        binary = self._flag(content, "binary_data_output", default=False)
        outputs = content.get("outputs") or [{"name": name} for name in self._names]
        if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
            raise InvalidTensor("outputs must be a list of objects", self._hint)
        chosen = tuple(
            Output(self._name(output), self._flag(output, "binary_data", default=binary)) for output in outputs
        )
        if len({output.name for output in chosen}) != len(chosen):
            raise InvalidTensor("outputs names a tensor twice", self._hint)
        return chosen

    def _name(self, output: dict[str, Any]) -> str:
        name = output.get("name")
        if not isinstance(name, str) or name not in self._names:
            raise InvalidTensor(f"unknown output {shown(name)}", self._hint)
        return name

    def _flag(self, holder: dict[str, Any], key: str, *, default: bool) -> bool:
        parameters = holder.get("parameters")
        if parameters is None:
            return default
        if not isinstance(parameters, dict):
            raise InvalidTensor("parameters must be an object", self._hint)
        if parameters.get("classification") is not None:
            raise InvalidTensor("the classification extension is not supported", self._hint)
        flag = parameters.get(key)
        if flag is None:
            return default
        if not isinstance(flag, bool):
            raise InvalidTensor(f"{key} must be true or false", self._hint)
        return flag
