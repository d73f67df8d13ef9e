"""Arrays of texts and of several shapes, beside plain arrays."""

import numpy as np

from inference import packing
from inference.inputs.named import objects


def test_arrays_come_back_in_any_order() -> None:
    texts, shapes = np.array(["a", "", "Grüße"], object), objects([np.ones((2, 1)), np.zeros((1, 3)), np.ones((0, 4))])
    arrays = {"first": np.arange(3), "texts": texts, "second": np.ones((3, 2)), "shapes": shapes}
    copies = packing.unpacked(packing.packed(arrays))
    assert copies.keys() == arrays.keys()
    np.testing.assert_array_equal(copies["first"], arrays["first"])
    np.testing.assert_array_equal(copies["second"], arrays["second"])
    assert list(copies["texts"]) == list(texts)
    assert [part.shape for part in copies["shapes"]] == [(2, 1), (1, 3), (0, 4)]
