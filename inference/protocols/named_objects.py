"""Examples as JSON objects with input names as keys, in ``{"instances": [...]}`` and ``{"x": ...}``."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from inference.errors import InvalidNumbers
from inference.inputs.named import Array, NamedInput, joined
from inference.protocols.json_text import JsonObject
from inference.protocols.named_values import ValuesReader
from inference.protocols.numbers import shown
from inference.protocols.request import ListRequest, Request, check_count
from inference.spec import ModelSpec, Rows
from inference.treatment import Treatment

_TREATMENT = Treatment("numbers")


class ObjectsReader:
    """Reader of examples that are objects with input names as keys. For a model with one input, its value suffices."""

    def __init__(self, spec: ModelSpec, hint: str) -> None:
        self._hint, self._input, self._inputs = hint, spec.input, spec.inputs
        self._readers = [ValuesReader(entry, hint) for entry in spec.inputs]
        self._names = {entry.name for entry in spec.inputs}
        self._required = {entry.name for entry in spec.inputs if entry.default is None}

    def instances(self, sent: JsonObject) -> ListRequest:
        """Read ``{"instances": [...]}``."""
        values = sent.members["instances"]
        if not isinstance(values, list) or not values:
            raise InvalidNumbers(f"instances must be a list of examples, not {shown(values)}", self._hint)
        check_count(len(values), self._input)
        rows = self.read(values, [f"instances[{index}]" for index in range(len(values))])
        return ListRequest(rows, [_TREATMENT] * len(values))

    def x(self, sent: JsonObject) -> Request:
        """Read ``{"x": one example, or a list of examples}``."""
        x = sent.members["x"]
        if x == []:
            raise InvalidNumbers("x is an empty list", self._hint)
        if self._is_one(x):
            return Request(self.read([x], ["x"]), [_TREATMENT])
        check_count(len(x), self._input)
        rows = self.read(x, [f"x[{index}]" for index in range(len(x))])
        return Request(rows, [_TREATMENT] * len(x))

    def read(self, values: list[Any], names: Sequence[str]) -> Rows:
        """Return the examples (n,).

        names  names of the examples in errors
        Raises InvalidNumbers with the name of the first input that is missing, unknown or wrong.
        """
        objects = [self._object(value, name) for value, name in zip(values, names, strict=True)]
        pairs = zip(self._inputs, self._readers, strict=True)
        columns = {spec.name: self._column(spec, reader, objects, names) for spec, reader in pairs}
        return joined(
            self._inputs, {name: column for name, column in columns.items() if column is not None}, len(values)
        )

    def _is_one(self, x: Any) -> bool:
        """Return True if a value is one example, not a list of such: by how deep its first members are nested."""
        if not isinstance(x, list) or isinstance(x[0], dict):
            return not isinstance(x, list)
        depth, level = 0, x
        while isinstance(level, list) and level:
            depth, level = depth + 1, level[0]
        return depth <= len(self._inputs[0].shape)

    def _object(self, value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            if len(self._inputs) > 1:
                raise InvalidNumbers(f"{name} must be an object by input name, not {shown(value)}", self._hint)
            return {self._inputs[0].name: value}
        if value.keys() == self._names:
            return value
        for key in value:
            if key not in self._names:
                close = closest(key, self._names)
                raise InvalidNumbers(f"{name} has the unknown input {key[:40]!r}{close}", self._hint)
        for spec in self._inputs:
            if spec.name in self._required and spec.name not in value:
                raise InvalidNumbers(f"{name} has no input {spec.name[:40]!r}", self._hint)
        return value

    def _column(
        self, spec: NamedInput, reader: ValuesReader, objects: list[dict[str, Any]], names: Sequence[str]
    ) -> Sequence[Array] | Array | None:
        """Return the values of one input for all examples; None if no example has it."""
        if spec.default is None:
            return reader.read([value[spec.name] for value in objects], names)
        stated = [index for index, value in enumerate(objects) if spec.name in value]
        if not stated:
            return None
        column = [spec.default] * len(objects)
        values = reader.read([objects[index][spec.name] for index in stated], [names[index] for index in stated])
        for index, array in zip(stated, values, strict=True):
            column[index] = array
        return column


def closest(name: str, known: Sequence[str] | set[str]) -> str:
    """Return a question with the most similar known name, as the end of a message; empty if no name is similar."""
    close = get_close_matches(name[:80], known, 1)
    return f"; did you mean {close[0][:40]!r}?" if close else ""
