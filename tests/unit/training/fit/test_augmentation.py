import pytest
import torch
import torch.nn.functional as nnf
from torch import Tensor

from model.network import to_input
from training.data.dataset import Dataset
from training.fit import augmentation
from training.fit.augmentation import Augmentation


@pytest.fixture(scope="module")
def pixels(mnist: Dataset) -> Tensor:
    return to_input(mnist.train.images[:64])


def test_nothing_asked_is_nothing_done(pixels: Tensor) -> None:
    assert Augmentation()(pixels) is pixels


def test_the_least_distortion_is_no_distortion(pixels: Tensor) -> None:
    distorted = Augmentation(rotation=1e-6)(pixels)
    assert torch.allclose(distorted, pixels, atol=1e-4)


def test_the_affine_part_agrees_with_pytorch_s_own(pixels: Tensor) -> None:
    affine = Augmentation(rotation=10, scale=0.1, shear=0.1, translation=1.5)
    torch.manual_seed(0)
    torch.randn(64, 2, 36)  # the elastic part draws first
    grid = nnf.affine_grid(affine._affine(64), [64, 1, 28, 28], align_corners=False)
    expected = nnf.grid_sample(pixels.view(64, 1, 28, 28), grid, align_corners=False)
    torch.manual_seed(0)
    assert torch.allclose(affine(pixels), expected.view(64, 784), atol=1e-3)


def test_a_translation_moves_the_ink_no_further_than_it_may(pixels: Tensor) -> None:
    moved = Augmentation(translation=2.0)(pixels)
    places = torch.arange(28.0)
    centre, was = ((p.view(-1, 28, 28).sum(1) * places).sum(1) / p.sum(1) for p in (moved, pixels))
    shift = (centre - was).abs()
    assert shift.max() < 2.1
    assert shift.max() > 1.5


def test_the_elastic_field_moves_each_pixel_by_its_standard_deviation() -> None:
    torch.manual_seed(0)
    still = augmentation._basis()[:2].view(2, 28, 28).permute(1, 2, 0)  # (28, 28, 2)
    moved = (Augmentation(elastic=0.7)._places(4000) - still) * 14  # pixels
    assert torch.allclose(moved.std(dim=0), torch.tensor(0.7), rtol=0.06)
    assert torch.allclose(moved.mean(dim=0), torch.tensor(0.0), atol=0.06)


def test_every_image_is_distorted_in_its_own_way(pixels: Tensor) -> None:
    same = pixels[:1].repeat(8, 1)
    distorted = Augmentation(rotation=10, elastic=0.5)(same)
    assert len({image.numpy().tobytes() for image in distorted}) == 8
    assert distorted.min() >= 0.0
    assert distorted.max() <= 1.0
