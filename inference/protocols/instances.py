"""TensorFlow Serving's and KServe v1's request: ``{"instances": [...]}``."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from inference.cost import Charge, free
from inference.hints import Hints
from inference.inputs.table import Table
from inference.protocols.files import FileReader
from inference.protocols.lists import ListReader
from inference.protocols.numbers import shown
from inference.protocols.request import ListRequest, check_count
from inference.spec import InputSpec, Rows
from inference.treatment import Treatment


class InstancesReader:
    """Reads lists of examples, each numbers or, if the model reads files, ``{"b64": "<image file>"}``."""

    def __init__(self, given: InputSpec, hints: Hints, lists: ListReader, files: FileReader | None) -> None:
        self._input = given
        self._hint = hints.instances
        self._lists = lists
        self._files = files
        self._table = Table(given, hints.instances) if given.columns else None

    def decode(self, content: dict[str, Any], *, booleans: bool, charge: Charge = free) -> ListRequest:
        """Both kinds of instances may be mixed."""
        values = content["instances"]
        if not isinstance(values, list) or not values:
            raise self._input.error(
                f"instances must be a list of {self._input.example}s, not {shown(values)}", self._hint
            )
        check_count(len(values), self._input)
        files = [index for index, value in enumerate(values) if isinstance(value, dict)]
        if files and self._table is not None:
            values = self._table.lists(values)
        if not files or self._files is None:
            return ListRequest(*self._lists.read(values, _name, booleans=booleans))
        return self._decode_mixed(self._files, values, files, booleans, charge)

    def _decode_mixed(
        self, reader: FileReader, values: list[Any], files: list[int], booleans: bool, charge: Charge
    ) -> ListRequest:
        rest = sorted(set(range(len(values))) - set(files))
        texts = {_name(index): self._base64(values[index], index) for index in files}
        groups: list[tuple[list[int], tuple[Rows, Sequence[Treatment]]]] = [(files, reader.read_all(texts, charge))]
        if rest:
            listed = self._lists.read(
                [values[index] for index in rest], lambda place: _name(rest[place]), booleans=booleans
            )
            groups.append((rest, listed))
        order = np.argsort([index for indices, _ in groups for index in indices])
        rows = np.concatenate([rows for _, (rows, _) in groups])[order]
        treatments = [treatment for _, (_, treatments) in groups for treatment in treatments]
        return ListRequest(rows, [treatments[position] for position in order])

    def _base64(self, value: dict[str, Any], index: int) -> object:
        if "b64" not in value:
            raise self._input.error(f"{_name(index)} is an object without the key b64", self._hint)
        return value["b64"]


def _name(index: int) -> str:
    return f"instances[{index}]"
