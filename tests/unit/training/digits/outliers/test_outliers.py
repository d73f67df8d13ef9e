"""The bank of pictures that are not digits."""

import numpy as np
import pytest

from model.pixels import Images
from training.data.dataset import Dataset, Examples
from training.digits import outliers

COUNT = 70


@pytest.fixture(scope="module")
def bank() -> Images:
    return outliers.bank(COUNT, seed=3)


def test_a_seed_gives_the_same_bank_and_another_one_a_different_bank(bank: Images) -> None:
    assert np.array_equal(outliers.bank(COUNT, seed=3), bank)
    assert not np.array_equal(outliers.bank(COUNT, seed=4), bank)


def test_they_are_what_the_service_hands_to_the_network(bank: Images) -> None:
    assert bank.shape == (COUNT, 28, 28)
    assert bank.dtype == np.uint8


@pytest.mark.parametrize("count", [0, 1, 5, 20])
def test_any_number_of_them_can_be_had(count: int) -> None:
    assert outliers.bank(count).shape == (count, 28, 28)


@pytest.mark.parametrize("name", outliers.FAMILIES)
def test_a_family_shows_something_and_never_the_same(name: str) -> None:
    images = outliers.FAMILIES[name](30, np.random.default_rng(0))
    assert images.shape == (30, 28, 28)
    assert (images.max(axis=(1, 2)) > 60).mean() >= 0.9
    assert len(np.unique(images.reshape(30, -1), axis=0)) > 25


def test_broken_digits_are_made_of_digits_and_are_none_of_them(mnist: Dataset) -> None:
    digits = mnist.train[np.arange(200)]
    broken = outliers.of_digits(digits, 64, seed=1)
    assert broken.shape == (64, 28, 28)
    assert broken.dtype == np.uint8
    originals = {digit.tobytes() for digit in digits.images}
    assert all(image.tobytes() not in originals for image in broken)
    assert np.array_equal(outliers.of_digits(digits, 64, seed=1), broken)


def test_one_class_alone_cannot_be_broken(mnist: Dataset) -> None:
    ones = mnist.train[np.flatnonzero(mnist.train.labels == 1)[:50]]
    with pytest.raises(ValueError, match="two classes"):
        outliers.of_digits(ones, 10)


def test_digits_too_much_alike_are_told(mnist: Dataset) -> None:
    two = Examples(np.repeat(mnist.train.images[:1], 2, axis=0), np.array([0, 1]))
    with pytest.raises(ValueError, match="too much alike"):
        outliers.of_digits(two, 10)
