"""Conversion of rows to the input of a declared network, in whole batches."""

from collections.abc import Callable

import numpy as np

from inference.declared.declaration import Declaration
from inference.spec import Rows

Feed = Callable[[Rows], Rows]


def of(declaration: Declaration) -> Feed:
    """Return the function that converts rows (n, *shape) in the form of the InputSpec to the input of the network."""
    if declaration.image is not None:
        return Pixels(declaration)
    is_scalar = not declaration.input.shape
    return lambda rows: rows.reshape(-1) if is_scalar else rows  # scalars: (n, 1) to (n,)


class Pixels:
    """Conversion of image bytes: scales each channel, and moves the channels to the dimension that the network has."""

    def __init__(self, declaration: Declaration) -> None:
        image, spec = declaration.image, declaration.input
        assert image is not None
        self._dtype = spec.dtype
        self._scaled = spec.dtype.kind == "f"
        self._shape = spec.shape
        self._first = len(spec.shape) == 3 and spec.shape[0] == image.channels
        std = np.asarray(image.image_std, dtype=np.float64)
        place = (-1, 1, 1) if self._first else (-1,)  # shape of one number per channel
        self._factor = (image.rescale_factor / std).astype(self._work).reshape(place)
        self._shift = (-np.asarray(image.image_mean, dtype=np.float64) / std).astype(self._work).reshape(place)

    @property
    def _work(self) -> type[np.floating]:
        return np.float64 if self._dtype == np.float64 else np.float32

    def __call__(self, rows: Rows) -> Rows:
        """Convert uint8 (n, height, width[, channels]) to the input of the network (n, *shape)."""
        if self._first:  # rows of grey images have no axis of channels
            rows = rows[:, None] if rows.ndim == 3 else rows.transpose(0, 3, 1, 2)
        elif rows.ndim == len(self._shape):
            rows = rows[..., None]
        if not self._scaled:
            return np.ascontiguousarray(rows)
        numbers = np.empty(rows.shape, dtype=self._work)
        np.multiply(rows, self._factor, out=numbers)
        numbers += self._shift
        return numbers.astype(self._dtype, copy=False)
