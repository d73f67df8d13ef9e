from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.bundle import Bundle, Metadata
from model import SPEC
from model.network import MLP
from training.digits import first_layer


def bundle(sizes: tuple[int, ...]) -> Bundle:
    return Bundle(MLP(sizes).arrays(), Metadata("by hand", {"sizes": list(sizes)}, 0), "", SPEC)


def test_a_unit_weighs_what_comes_in_times_what_goes_out() -> None:
    model = bundle((784, 3, 10))
    into, out = model.parameters["layers.0.weight"], model.parameters["layers.2.weight"]
    into[:], out[:] = 0.0, 0.0
    into[:, 0], out[0] = [1.0, 3.0, 2.0], [5.0, 1.0, 2.0]  # 5, 3, 4
    assert first_layer.strongest(model).tolist() == [0, 2, 1]
    assert first_layer.strongest(model, 2).tolist() == [0, 2]


def test_a_network_without_hidden_layers_shows_its_ten_digits() -> None:
    assert sorted(first_layer.strongest(bundle((784, 10)))) == list(range(10))


@pytest.mark.parametrize("sizes", [(784, 10), (784, 13, 10)])
def test_it_is_drawn_also_of_weights_that_are_zero(sizes: tuple[int, ...], tmp_path: Path) -> None:
    model = bundle(sizes)
    np.copyto(model.parameters["layers.0.weight"][:2], 0.0)
    first_layer.draw(model, "some", tmp_path / "weights.png")
    with Image.open(tmp_path / "weights.png") as picture:
        assert picture.size[0] > 900
