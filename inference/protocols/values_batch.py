"""Answers of a model that predicts numbers."""

from dataclasses import dataclass
from functools import cached_property

import orjson

from inference.messages import Identity
from inference.protocols.batch import HeadedBatch, Tensor, comma_separated, joined
from inference.results import Values
from inference.spec import OutputSpec


class ValuesTemplate:
    """Parts that all answers of one model have in common; made once per process.

    head  of an answer, up to what was done to the example: takes the values by name, or all of them as one text
    """

    def __init__(self, output: OutputSpec, identity: Identity) -> None:
        self.identity = identity
        self.is_named = bool(output.names)
        names = b",".join(b"%b:%%b" % orjson.dumps(name).replace(b"%", b"%%") for name in output.names)
        values = b"{%b}" % names if self.is_named else b"[%b]"
        self.head = b'{"values":%b,"model":%b,"input":' % (values, identity.json.replace(b"%", b"%%"))

    def batch(self, results: Values) -> "ValuesBatch":
        return ValuesBatch(results, self)


@dataclass(frozen=True)
class ValuesBatch(HeadedBatch):
    """Answers for all the examples of one forward pass."""

    results: Values
    template: ValuesTemplate

    @property
    def identity(self) -> Identity:
        return self.template.identity

    @cached_property
    def _rows(self) -> list[bytes]:
        """Each example's values, separated by commas."""
        return comma_separated(self.results.values)

    @cached_property
    def _heads(self) -> list[bytes]:
        head = self.template.head
        if self.template.is_named:
            return [head % tuple(row.split(b",")) for row in self._rows]
        return [head % row for row in self._rows]

    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        values = self.results.values[part]
        head = {"name": name, "shape": values.shape, "datatype": "FP32"}
        return joined(head, [values.astype("<f4").tobytes()] if binary else self._rows[part], binary)
