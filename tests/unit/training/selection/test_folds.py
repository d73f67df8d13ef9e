import numpy as np
import pytest

from training.selection import folds

LABELS = np.repeat(np.arange(10, dtype=np.uint8), [10, 15, 20, 10, 10, 10, 10, 10, 10, 10])


def test_every_image_is_held_out_once_and_never_trained_on_then() -> None:
    cut = folds.stratified(LABELS, 5, seed=0)
    assert np.array_equal(np.sort(np.concatenate([held_out for _, held_out in cut])), np.arange(len(LABELS)))
    for parts in cut:
        assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(LABELS)))


def test_every_digit_has_its_share_in_every_fold() -> None:
    for _, held_out in folds.stratified(LABELS, 5, seed=0):
        assert np.bincount(LABELS[held_out]).tolist() == [2, 3, 4, 2, 2, 2, 2, 2, 2, 2]


def test_the_seed_decides_the_folds() -> None:
    first, again, other = (folds.stratified(LABELS, 5, seed)[0][1] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("number", [1, 11])
def test_what_cannot_be_cut_is_told_with_what_can(number: int) -> None:
    with pytest.raises(ValueError, match=rf"{number} folds cannot be made.*10 images; choose 2 to 10"):
        folds.stratified(LABELS, number, seed=0)
