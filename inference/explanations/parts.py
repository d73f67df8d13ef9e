"""Parts of an example that explanations take away: columns of a table, or squares of a grid over an image."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.spec import InputSpec

_GRID = 7  # squares along each side of an image
MOST = 169  # parts of an example that is no image: as many as a window has places in an image


@dataclass(frozen=True)
class Parts:
    """A partition of the pixels of an image, or of the numbers of another example.

    members  of each pixel or number, which part it belongs to
    count    of parts
    """

    members: npt.NDArray[np.uint8]
    count: int

    @classmethod
    def of(cls, given: InputSpec) -> Self:
        """Divide an image into at most 7 x 7 squares; of other examples, each number is a part, or some neighbours."""
        if given.is_image:
            height, width = given.shape[:2]
            rows, columns = _numbered(height, _GRID), _numbered(width, _GRID)
            members = rows[:, None] * (columns[-1] + np.uint8(1)) + columns
        else:
            members = _numbered(given.size, MOST).reshape(given.shape)
        return cls(members, int(members.max()) + 1)

    def spread(self, values: npt.NDArray[np.float64], weights: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Share the value of each part (m,) out over its members, with the same sum.

        weights  at least 0, in the shape of the members: by them it is shared; evenly if all of a part's are 0
        """
        flat = self.members.ravel()
        totals = np.bincount(flat, weights.ravel(), self.count)
        sizes = np.bincount(flat, minlength=self.count)
        factors = np.where(totals > 0.0, values / np.where(totals > 0.0, totals, 1.0), 0.0)
        even = np.where(totals > 0.0, 0.0, values / sizes)
        spread = weights.astype(np.float64) * factors[self.members] + even[self.members]
        return spread.astype(np.float32)


def _numbered(length: int, most: int) -> npt.NDArray[np.uint8]:
    """The part of each of so many neighbours, in at most so many parts of about the same size."""
    return (np.arange(length) * min(length, most) // length).astype(np.uint8)
