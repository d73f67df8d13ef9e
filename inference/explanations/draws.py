"""Random numbers from a request's seed, independent of other generators."""

import numpy as np
import numpy.typing as npt


class Draws:
    """Random numbers from the 32-bit words of MT19937, computed in the same way as by PyTorch's CPU generator.

    NumPy guarantees this stream (NEP 19), so a request has the same samples in every release.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.RandomState(seed)

    def tosses(self, *shape: int) -> npt.NDArray[np.float32]:
        """Draw 0 or 1 with equal probability."""
        return (self._words(*shape) & np.uint32(1)).astype(np.float32)

    def fractions(self, *shape: int) -> npt.NDArray[np.float32]:
        """Draw from [0, 1) in steps of 2**-24."""
        return (self._words(*shape) & np.uint32(2**24 - 1)).astype(np.float32) * np.float32(2**-24)

    def choices(self, weights: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.intp]:
        """Draw ``count`` indices with replacement, each with a probability in proportion to its weight."""
        words = self._words(count, 2).astype(np.uint64)
        fractions = ((words[:, 0] << np.uint64(32) | words[:, 1]) & np.uint64(2**53 - 1)) * 2.0**-53
        steps = np.cumsum(weights, dtype=np.float32)
        steps /= steps[-1]
        return np.searchsorted(steps[:-1], fractions)

    def _words(self, *shape: int) -> npt.NDArray[np.uint32]:
        return self._random.randint(0, 2**32, shape, dtype=np.uint32)
