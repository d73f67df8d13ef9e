"""Parts of an example that explanations remove: columns of a table, or squares of a grid over an image."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.spec import InputSpec

_GRID = 7  # squares along each side of an image
MOST = 169  # parts of an example that is no image: equal to the most places of a window in an image


@dataclass(frozen=True)
class Parts:
    """Partition of the pixels of an image, or of the numbers of another example.

    members  index of the part to which each pixel or number belongs
    count    number of parts
    """

    members: npt.NDArray[np.uint8]
    count: int

    @classmethod
    def of(cls, spec: InputSpec) -> Self:
        """Divide an image into at most 7 x 7 squares, other examples into at most 169 groups of neighbours."""
        if spec.is_image:
            height, width = spec.shape[:2]
            rows, columns = _numbered(height, _GRID), _numbered(width, _GRID)
            members = rows[:, None] * (columns[-1] + np.uint8(1)) + columns
        else:
            members = _numbered(spec.size, MOST).reshape(spec.shape)
        return cls(members, int(members.max()) + 1)

    def spread(self, values: npt.NDArray[np.float64], weights: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Distribute the value of each part (m,) over its members; the sum stays equal.

        weights  at least 0, in the shape of the members; if all weights of a part are 0, it is divided evenly
        """
        flat = self.members.ravel()
        totals = np.bincount(flat, weights.ravel(), self.count)
        sizes = np.bincount(flat, minlength=self.count)
        factors = np.where(totals > 0.0, values / np.where(totals > 0.0, totals, 1.0), 0.0)
        even = np.where(totals > 0.0, 0.0, values / sizes)
        spread = weights.astype(np.float64) * factors[self.members] + even[self.members]
        return spread.astype(np.float32)


def _numbered(length: int, most: int) -> npt.NDArray[np.uint8]:
    """Return the part of each number in a row of ``length``, in at most ``most`` parts of about equal size."""
    return (np.arange(length) * min(length, most) // length).astype(np.uint8)
