"""The network on pictures, and its inputs."""

import numpy as np
import pytest
import torch

from training.fit import presets
from training.fit.augmentation import Augmentation
from training.pictures.network import PictureNetwork, to_input
from training.pictures.picture_format import Pictures


@pytest.mark.parametrize(("side", "color", "channels"), [(28, "RGB", 3), (32, "L", 1), (64, "RGB", 3)])
def test_pictures_of_each_size_and_color_become_logits(side: int, color: str, channels: int) -> None:
    pictures = Pictures(side, color)
    images = np.random.default_rng(0).integers(0, 256, (5, *pictures.reading.shape)).astype(np.uint8)
    network = pictures.form.build(presets.load("default"), 7).eval()
    inputs = to_input(images)
    assert inputs.shape == (5, channels, side, side)
    assert network(inputs).shape == (5, 7)
    assert isinstance(network, PictureNetwork)
    assert network.classifier.sizes[0] == 64 * (side // 2 ** (4 if side == 64 else 3)) ** 2


def test_channels_come_first_and_bytes_become_fractions() -> None:
    image = np.zeros((1, 2, 2, 3), dtype=np.uint8)
    image[0, 0, 1] = [255, 0, 51]
    inputs = to_input(image)
    assert inputs[0, :, 0, 1].tolist() == pytest.approx([1.0, 0.0, 0.2])
    assert inputs.sum() == pytest.approx(1.2)


def test_a_distortion_moves_all_channels_alike_and_draws_no_edge() -> None:
    one = torch.rand(4, 1, 32, 32)
    distort = Augmentation(rotation=15, translation=3, elastic=0.5)
    moved = distort(one.repeat(1, 3, 1, 1), "border")
    assert torch.equal(moved[:, 0], moved[:, 1])
    assert not torch.allclose(moved[:, :1], one)
    white = torch.ones(4, 3, 64, 64)
    assert torch.allclose(distort(white, "border"), white)
    assert distort(white).min() == 0.0


def test_a_translation_is_the_same_share_of_any_side() -> None:
    torch.manual_seed(0)
    small = Augmentation(translation=2.0)._places(64, 28)
    torch.manual_seed(0)
    large = Augmentation(translation=2.0)._places(64, 56)
    assert torch.allclose(small.mean(dim=(1, 2)), large.mean(dim=(1, 2)), atol=1e-5)
