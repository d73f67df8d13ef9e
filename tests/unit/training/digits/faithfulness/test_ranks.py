"""Rank correlations of shares, and networks with randomised weights."""

import numpy as np
import pytest

from inference.bundle import Bundle
from training.digits.faithfulness.faithfulness_figures import correlations
from training.digits.faithfulness.study import randomised
from training.digits.faithfulness.subjects import Subjects


def test_ranks_not_sizes_count_and_only_those_of_ink(drawn: Subjects) -> None:
    random = np.random.default_rng(0)
    one = random.normal(size=drawn.images.shape).astype(np.float32)
    other = np.where(drawn.inked, np.exp(one), random.normal(size=one.shape)).astype(np.float32)
    np.testing.assert_allclose(correlations(drawn, one, other), 1.0)
    np.testing.assert_allclose(correlations(drawn, one, -one), -1.0)
    assert np.abs(correlations(drawn, one, random.normal(size=one.shape).astype(np.float32))).max() < 0.4


def test_shares_that_are_all_alike_agree_with_nothing(drawn: Subjects) -> None:
    same = np.zeros(drawn.images.shape, dtype=np.float32)
    assert correlations(drawn, same, same).tolist() == [0.0] * 10


@pytest.mark.parametrize("layers", [1, 2])
def test_weights_are_forgotten_from_the_output(small: Bundle, layers: int) -> None:
    randomised_bundle = randomised(small, layers)
    changed = [
        name
        for name in small.parameters
        if not np.array_equal(small.parameters[name], randomised_bundle.parameters[name])
    ]
    assert changed == list(small.parameters)[-2 * layers :]
    for name in changed:
        assert randomised_bundle.parameters[name].dtype == np.float32
        assert np.array_equal(randomised_bundle.parameters[name], randomised(small, layers).parameters[name])
        assert not np.array_equal(
            randomised_bundle.parameters[name], randomised(small, layers, seed=1).parameters[name]
        )
    assert randomised_bundle.network is not small.network
