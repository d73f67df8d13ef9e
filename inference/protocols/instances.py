"""Requests of TensorFlow Serving and KServe v1: ``{"instances": [...]}``."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from inference.hints import Hints
from inference.inputs.table import Table
from inference.protocols.files import FileReader
from inference.protocols.json_text import JsonObject
from inference.protocols.lists import ListReader, Read
from inference.protocols.numbers import shown
from inference.protocols.request import ListRequest, check_count
from inference.spec import InputSpec

_USUAL = ("data", "image", "image_bytes", "input", "inputs", "x")  # names in sample requests of KServe and Google


class File(NamedTuple):
    """Image file in base64."""

    text: object


class InstancesReader:
    """Reader of lists of examples. An example is numbers or, if the model reads files, ``{"b64": "<image file>"}``.

    An object may contain the example under another name.
    """

    def __init__(self, spec: InputSpec, hints: Hints, lists: ListReader, files: FileReader | None) -> None:
        self._input = spec
        self._hint = hints.instances
        self._lists = lists
        self._files = files
        self._names = {spec.name, *_USUAL}
        self._table = Table(spec, hints.instances) if spec.columns else None

    def decode(self, sent: JsonObject) -> ListRequest:
        """Read ``{"instances": [...]}``; numbers and files may be mixed."""
        return self.read(sent.members["instances"], "instances", sent)

    def read(self, values: Any, key: str, sent: JsonObject) -> ListRequest:
        """Read a list of examples.

        key  name of the list in errors
        """
        if not isinstance(values, list) or not values:
            raise self._input.error(f"{key} must be a list of {self._input.example}s, not {shown(values)}", self._hint)
        check_count(len(values), self._input)
        odd = [index for index, value in enumerate(values) if isinstance(value, dict | str)]
        if odd and self._table is not None:
            values, odd = self._table.lists(values), []
        name = f"{key}[{{}}]".format
        files = self._unwrapped(values, odd, name) if odd else {}
        if not files or self._files is None:
            return ListRequest(*self._lists.read(values, name, booleans=sent.booleans))
        groups: list[tuple[list[int], Read]] = [
            (list(files), self._files.read_all({name(index): file for index, file in files.items()}, sent.charge))
        ]
        if rest := [index for index in range(len(values)) if index not in files]:
            others = [values[index] for index in rest]
            groups.append((rest, self._lists.read(others, lambda place: name(rest[place]), booleans=sent.booleans)))
        return _ordered(groups)

    def _unwrapped(self, values: list[Any], odd: list[int], name: Callable[[int], str]) -> dict[int, object]:
        """Replace each object that contains numbers by its numbers. Return the base64 texts of files by index."""
        files = {}
        for index in odd:
            example = self._example(values[index], name(index))
            if isinstance(example, File):
                files[index] = example.text
            else:
                values[index] = example
        return files

    def _example(self, value: Any, name: str) -> Any:
        """Return the numbers or the ``File`` in an object or a text; the value itself if it contains none.

        name  name of the value in errors
        Raises the error of the input for an object with several examples, or with none if the model reads files.
        """
        if isinstance(value, str):
            return File(value) if self._files else value
        if "b64" in value and self._files:
            return File(value["b64"])
        numbers = {key: member for key, member in value.items() if self._is_example(member)}
        texts = {key: member for key, member in value.items() if isinstance(member, str) and member}
        members = numbers or (texts if self._files else {})
        if len(members) > 1:
            members = {key: member for key, member in members.items() if key in self._names} or members
        if len(members) == 1:
            (member,) = members.values()
            return member if isinstance(member, list) else File(member["b64"] if isinstance(member, dict) else member)
        if members:
            names = ", ".join(repr(key[:40]) for key in list(members)[:4])
            raise self._input.error(f"{name} has several members that could be the example: {names}", self._hint)
        if self._files:
            raise self._input.error(f"{name} is an object without the key b64", self._hint)
        return value

    def _is_example(self, member: object) -> bool:
        if isinstance(member, dict):
            return self._files is not None and "b64" in member
        return isinstance(member, list) and bool(member)


def _ordered(groups: list[tuple[list[int], Read]]) -> ListRequest:
    """Return one request of several groups of examples, ordered by their indices."""
    order = np.argsort([index for indices, _ in groups for index in indices])
    rows = np.concatenate([rows for _, (rows, _) in groups])[order]
    treatments = [treatment for _, (_, treatments) in groups for treatment in treatments]
    return ListRequest(rows, [treatments[position] for position in order])
