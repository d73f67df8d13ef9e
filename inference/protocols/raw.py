"""Raw numbers: k examples in the dtype of the input, row-major, little-endian."""

import numpy as np

from inference import wide_numbers
from inference.protocols.numbers import allowed, are_allowed, outside
from inference.protocols.request import Request, check_count
from inference.spec import InputSpec, Rows

_LOOK = 1 << 12  # bytes: every fourth is the upper end of a 32-bit number
_FLOATS = "send 32-bit floats, as array.astype('<f4').tobytes()"


class RawReader:
    """Reader of bodies whose length is a multiple of the bytes of an example."""

    def __init__(self, spec: InputSpec) -> None:
        self._input = spec
        self._row_bytes, self._dtype, self._block = spec.row_bytes, spec.dtype, spec.block
        self._alone = (spec.treatment("raw"),)
        self._any_bytes, self._floats = spec.is_bytes, spec.dtype == np.float32

    def decode(self, body: bytes) -> Request:
        """Read raw numbers. Raises TooLarge for too many examples, and the error of the input for an invalid number."""
        count = len(body) // self._row_bytes
        check_count(count, self._input)
        rows = np.frombuffer(body, dtype=self._dtype).reshape(self._block)
        if not self._any_bytes:
            self._check(rows, body)
        return Request(rows, self._alone * count)

    def _check(self, rows: Rows, body: bytes) -> None:
        spec = self._input
        if not are_allowed(rows, spec.limits):
            at = int(outside(rows, spec.limits)[0])
            row, index = divmod(at, spec.size)
            needed = allowed(spec.limits)
            raise spec.error(
                f"{spec.place(index)} of {spec.example} {row} is {rows.flat[at]}, not {needed}",
                f"send {needed} in each place",
            )
        may_be_others = self._floats and (len(rows) % 2 == 0 or not any(body[3:_LOOK:4]))
        if may_be_others and (kind := wide_numbers.kind_of_floats(rows)):
            raise spec.error(f"the numbers look like {kind}, not like 32-bit floats", _FLOATS)
