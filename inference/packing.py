"""Arrays of texts, or of arrays with different shapes, as arrays of numbers for a safetensors file.

name         array of numbers (n, ...), unchanged
data|name    elements of all examples, one after the other; texts as UTF-8 bytes
shapes|name  int64 (n, dimensions), shapes of the examples
ends|name    int64, position in data|name at which each text ends; only for texts
"""

from collections.abc import Mapping

import numpy as np

from inference.inputs.named import Array, objects

_DATA, _SHAPES, _ENDS = "data|", "shapes|", "ends|"


def packed(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays as arrays of numbers, by the names above."""
    parts: dict[str, Array] = {}
    for name, array in arrays.items():
        if array.dtype != object:
            parts[name] = np.ascontiguousarray(array)
            continue
        examples = [np.array(example, None if isinstance(example, np.ndarray) else object) for example in array]
        parts[_SHAPES + name] = np.array([example.shape for example in examples], np.int64).reshape(len(examples), -1)
        elements = np.concatenate([example.ravel() for example in examples])
        if elements.dtype == object:
            texts = [text.encode() for text in elements]
            parts[_ENDS + name] = np.cumsum([len(text) for text in texts], dtype=np.int64)
            elements = np.frombuffer(b"".join(texts), np.uint8)
        parts[_DATA + name] = elements
    return parts


def unpacked(parts: Mapping[str, Array]) -> dict[str, Array]:
    """Reverse ``packed``."""
    arrays: dict[str, Array] = {}
    for part, data in parts.items():
        if part.startswith(_DATA):
            name = part.removeprefix(_DATA)
            shapes = parts[_SHAPES + name]
            elements = _texts(data, parts[_ENDS + name]) if _ENDS + name in parts else data
            arrays[name] = objects(_cut(elements, shapes))
        elif not part.startswith((_SHAPES, _ENDS)):
            arrays[part] = data
    return arrays


def _texts(data: Array, ends: Array) -> Array:
    content, starts = data.tobytes(), [0, *ends.tolist()]
    return np.array([content[start:end].decode() for start, end in zip(starts, ends.tolist(), strict=False)], object)


def _cut(elements: Array, shapes: Array) -> list[Array]:
    sizes = np.prod(shapes, axis=1, dtype=np.int64)
    parts = np.split(elements, np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes.tolist(), strict=True)]
