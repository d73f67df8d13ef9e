"""TensorFlow Serving's and KServe v1's request: ``{"instances": [...]}``."""

from collections.abc import Callable
from typing import Any

import numpy as np

from inference.cost import Charge, free
from inference.hints import Hints
from inference.inputs.table import Table
from inference.protocols.files import FileReader
from inference.protocols.lists import ListReader, Read
from inference.protocols.numbers import shown
from inference.protocols.objects import File, ObjectReader
from inference.protocols.request import ListRequest, check_count
from inference.spec import InputSpec


class InstancesReader:
    """Reads lists of examples, each numbers or, if the model reads files, ``{"b64": "<image file>"}``."""

    def __init__(self, given: InputSpec, hints: Hints, lists: ListReader, files: FileReader | None) -> None:
        self._input = given
        self._hint = hints.instances
        self._lists = lists
        self._files = files
        self._objects = ObjectReader(given, hints.instances, reads_files=files is not None)
        self._table = Table(given, hints.instances) if given.columns else None

    def decode(self, content: dict[str, Any], *, booleans: bool, charge: Charge = free) -> ListRequest:
        """Both kinds of instances may be mixed."""
        return self.read(content["instances"], "instances", booleans=booleans, charge=charge)

    def read(self, values: Any, key: str, *, booleans: bool, charge: Charge = free) -> ListRequest:
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
            return ListRequest(*self._lists.read(values, name, booleans=booleans))
        groups: list[tuple[list[int], Read]] = [
            (list(files), self._files.read_all({name(index): file for index, file in files.items()}, charge))
        ]
        if rest := [index for index in range(len(values)) if index not in files]:
            others = [values[index] for index in rest]
            groups.append((rest, self._lists.read(others, lambda place: name(rest[place]), booleans=booleans)))
        return _ordered(groups)

    def _unwrapped(self, values: list[Any], odd: list[int], name: Callable[[int], str]) -> dict[int, object]:
        """Replace objects that hold numbers by these; return the texts of files by index."""
        files = {}
        for index in odd:
            example = self._objects.example(values[index], name(index))
            if isinstance(example, File):
                files[index] = example.text
            else:
                values[index] = example
        return files


def _ordered(groups: list[tuple[list[int], Read]]) -> ListRequest:
    """One request of several groups of examples, in the order of the indices of these."""
    order = np.argsort([index for indices, _ in groups for index in indices])
    rows = np.concatenate([rows for _, (rows, _) in groups])[order]
    treatments = [treatment for _, (_, treatments) in groups for treatment in treatments]
    return ListRequest(rows, [treatments[position] for position in order])
