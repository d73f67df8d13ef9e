import numpy as np
import pytest

from training.data import split
from training.data.dataset import Dataset, Examples


def numbered(*sizes: int) -> Examples:
    """Return ``sizes[k]`` examples of class k, shuffled. Each image contains its own number."""
    labels = np.repeat(np.arange(len(sizes), dtype=np.uint8), sizes)
    np.random.default_rng(1).shuffle(labels)
    return Examples(np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1), labels)


def test_the_parts_are_the_whole_and_in_order() -> None:
    whole = numbered(60, 30, 90)
    rest, chosen = split.stratified(whole, 1 / 3)
    numbers = rest.images.ravel().tolist(), chosen.images.ravel().tolist()
    assert sorted(numbers[0] + numbers[1]) == list(range(180))
    assert all(part == sorted(part) for part in numbers)
    assert np.array_equal(chosen.labels, whole.labels[numbers[1]])


@pytest.mark.parametrize(
    ("sizes", "fraction", "shares"),
    [((60, 30, 90), 1 / 3, [20, 10, 30]), ((7, 7, 6), 0.5, [4, 3, 3]), ((1, 1, 10), 0.25, [0, 0, 3])],
)
def test_every_class_gives_its_share(sizes: tuple[int, ...], fraction: float, shares: list[int]) -> None:
    _, chosen = split.stratified(numbered(*sizes), fraction)
    assert np.bincount(chosen.labels, minlength=len(sizes)).tolist() == shares


def test_the_seed_decides() -> None:
    whole = numbered(100, 100)
    first, again, other = (split.stratified(whole, 0.5, seed)[1].images.ravel().tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_mnist_is_cut_55000_to_5000(mnist: Dataset) -> None:
    train, validation = split.stratified(mnist.train, split.VALIDATION)
    assert (len(train), len(validation)) == (55000, 5000)
    share = np.bincount(validation.labels) / np.bincount(mnist.train.labels)
    assert np.abs(share - 1 / 12).max() < 1 / 5421  # less than one image of the rarest digit
