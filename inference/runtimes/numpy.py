"""Matrix products on the CPU, for linear layers with ReLU between them. Needs only NumPy.

Most of the work is the first layer, and most numbers of a sparse image are zero. Weights that are multiplied by zero in
all examples of a block are left out; the result is the same.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import threadpoolctl

from inference import cores
from inference.bundle import Bundle
from inference.spec import Floats, Rows

_BLOCK = 256  # examples: more have fewer zeros in common and do not fit into the cache
_FEW = 0.9  # share of numbers that are not zero: above it, copying the weights costs more than leaving zeros out saves


class Numpy:
    """Linear layers in numpy. Blocks of a large batch are computed on several cores.

    The constructor limits BLAS to one thread in the process, because single products are too small to divide.
    Raises ValueError if the network does not consist of linear layers.
    """

    def __init__(self, bundle: Bundle) -> None:
        if not bundle.is_linear:
            raise ValueError("the numpy format is for linear layers with ReLU between them")
        threadpoolctl.threadpool_limits(limits=1, user_api="blas")
        input_spec, parameters = bundle.spec.input, list(bundle.parameters.values())
        self._size, self._few = input_spec.size, _FEW * input_spec.size
        self._biases = parameters[1::2]
        self._weights = [np.ascontiguousarray(weight.T) for weight in parameters[::2]]  # (in, out)
        if input_spec.scale is not None:
            self._weights[0] /= np.float32(input_spec.scale)  # so that examples need not be scaled
        self._first = self._sparse if input_spec.dtype == np.uint8 else self._dense
        self._pool = ThreadPoolExecutor(
            cores.available(), thread_name_prefix="block"
        )  # threads start with the first work

    def logits(self, rows: Rows) -> Floats:
        """Return logits, float32 (n, labels), for examples (n, *shape)."""
        flat = rows.reshape(-1, self._size)
        if len(flat) == 1:  # products of vectors cost a quarter less
            return self._layers(self._first(flat[0]))[np.newaxis]
        if len(flat) <= _BLOCK:
            return self._layers(self._first(flat))
        bounds = [*range(0, len(flat), _BLOCK), len(flat)]
        blocks = (flat[slice(*bound)] for bound in pairwise(bounds))
        return np.concatenate(list(self._pool.map(lambda block: self._layers(self._first(block)), blocks)))

    def _layers(self, hidden: Floats) -> Floats:
        """Return logits, float32 (..., labels), for the product of the first layer, float32 (..., width)."""
        for weight, bias in zip(self._weights[1:], self._biases[:-1], strict=True):
            hidden += bias
            np.maximum(hidden, 0.0, out=hidden)
            hidden = np.dot(hidden, weight)
        hidden += self._biases[-1]
        return hidden

    def _sparse(self, flat: Rows) -> Floats:
        """Return the product of the first layer without bias: uint8 (..., size) to float32 (..., width)."""
        weight = self._weights[0]
        used = (np.bitwise_or.reduce(flat, axis=0) if flat.ndim > 1 else flat).nonzero()[0]
        if len(used) < self._few:
            flat, weight = flat.take(used, axis=-1), weight.take(used, axis=0)
        product: Floats = np.dot(flat.astype(np.float32), weight)
        return product

    def _dense(self, flat: Rows) -> Floats:
        """Return the same product for numbers of any dtype."""
        product: Floats = np.dot(flat.astype(np.float32), self._weights[0])
        return product


def in_memory(bundle: Bundle, _device: str) -> Numpy:
    return Numpy(bundle)


def load(_directory: Path, bundle: Bundle, device: str) -> Numpy:
    return in_memory(bundle, device)
