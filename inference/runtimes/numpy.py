"""Matrix products over the pixels that have ink: the fastest on a CPU from one image on, and needs numpy alone.

Three quarters of the network's work is its first layer, and most pixels of a digit are black: the rows of its weights
that no image of a block has ink for are left out. The sum is the same, for what is left out is zero times a weight.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import threadpoolctl

from inference.bundle import Bundle
from model.pixels import PIXELS, Images

_BLOCK = 256  # images: as many as keep a product busy; more have fewer black pixels in common and leave the cache
_FEW = 0.9 * PIXELS  # inked pixels, above which leaving the others out saves less than copying the weights costs

Floats = npt.NDArray[np.float32]


class Numpy:
    """The bundle's weights, transposed once. Several blocks are shared out over the cores.

    Keeps the process's BLAS to one thread: a product here is too small to share, a block is not.
    """

    def __init__(self, bundle: Bundle) -> None:
        threadpoolctl.threadpool_limits(limits=1, user_api="blas")
        parameters = list(bundle.parameters.values())
        self._biases = parameters[1::2]
        self._weights = [np.ascontiguousarray(weight.T) for weight in parameters[::2]]  # (in, out)
        self._weights[0] /= np.float32(255.0)  # pixels stay 0..255
        self._pool = ThreadPoolExecutor(_cores(), thread_name_prefix="block")  # starts threads once it has work

    def logits(self, images: Images) -> Floats:
        """uint8 (n, 28, 28) to float32 (n, 10)."""
        pixels = images.reshape(-1, PIXELS)
        if len(pixels) <= _BLOCK:
            return self._block(pixels)
        bounds = [*range(0, len(pixels), _BLOCK), len(pixels)]
        return np.concatenate(list(self._pool.map(lambda bound: self._block(pixels[slice(*bound)]), pairwise(bounds))))

    def _block(self, pixels: npt.NDArray[np.uint8]) -> Floats:
        hidden = self._first(pixels)
        for weight, bias in zip(self._weights[1:], self._biases[:-1], strict=True):
            hidden += bias
            np.maximum(hidden, 0.0, out=hidden)
            hidden = hidden @ weight
        hidden += self._biases[-1]
        return hidden

    def _first(self, pixels: npt.NDArray[np.uint8]) -> Floats:
        """The first layer's product, without its bias: uint8 (n, 784) to float32 (n, width)."""
        weight = self._weights[0]
        inked = np.bitwise_or.reduce(pixels, axis=0).nonzero()[0]
        if len(inked) < _FEW:
            pixels, weight = pixels.take(inked, axis=1), weight.take(inked, axis=0)
        product: Floats = pixels.astype(np.float32) @ weight
        return product


def in_memory(bundle: Bundle, _device: str) -> Numpy:
    return Numpy(bundle)


def load(_directory: Path, bundle: Bundle, device: str) -> Numpy:
    return in_memory(bundle, device)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
