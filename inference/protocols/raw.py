"""Raw numbers: k examples in the dtype of the input, row-major, little-endian."""

import numpy as np

from inference.protocols.numbers import allowed, outside
from inference.protocols.request import Request, check_count
from inference.spec import InputSpec, Rows


class RawReader:
    """Reader of bodies whose length is a multiple of the bytes of an example."""

    def __init__(self, given: InputSpec) -> None:
        self._input = given
        self._row_bytes, self._dtype, self._block = given.row_bytes, given.dtype, given.block
        self._alone = (given.treatment("raw"),)
        self._any_bytes = given.is_bytes

    def decode(self, body: bytes) -> Request:
        """Read raw numbers. Raises TooLarge for too many examples, and the error of the input for an invalid number."""
        count = len(body) // self._row_bytes
        check_count(count, self._input)
        rows = np.frombuffer(body, dtype=self._dtype).reshape(self._block)
        if not self._any_bytes:
            self._check(rows)
        return Request(rows, self._alone * count)

    def _check(self, rows: Rows) -> None:
        given = self._input
        bad = outside(rows, given.limits)
        if len(bad):
            row, index = divmod(int(bad[0]), given.size)
            value, needed = rows.flat[bad[0]], allowed(given.limits)
            raise given.error(
                f"{given.place(index)} of {given.example} {row} is {value}, not {needed}", f"send {needed} everywhere"
            )
