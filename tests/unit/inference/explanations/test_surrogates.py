"""Samples of the parts of an example, and the linear model that is fitted to them."""

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest

from inference.explanations import coalitions, surrogates
from inference.explanations.coalitions import Coalitions
from inference.explanations.draws import Draws


def product(choices: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the values of a game that no linear model fits, because it multiplies parts."""
    a, b, c, d, e = choices.astype(np.float64).T
    values: npt.NDArray[np.float64] = 3.0 * a * b - 2.0 * c * d * e + e + 0.5
    return values


def shapley(parts: int) -> list[float]:
    """Return the Shapley values of ``product`` by their definition, over all coalitions."""

    def gain(coalition: tuple[int, ...], part: int) -> float:
        choices = np.zeros((2, parts), np.float32)
        choices[:, list(coalition)] = 1.0
        choices[0, part] = 1.0
        one, other = product(choices)
        return float(one - other)

    def value(part: int) -> float:
        others = [other for other in range(parts) if other != part]
        subsets = [coalition for size in range(parts) for coalition in itertools.combinations(others, size)]
        return sum(gain(coalition, part) / (parts * math.comb(parts - 1, len(coalition))) for coalition in subsets)

    return [value(part) for part in range(parts)]


def test_coalitions_have_the_ends_then_opposites_and_the_kernels_sizes() -> None:
    drawn = coalitions.shap_samples(Draws(0), 2048, 6)
    assert drawn.choices.shape == (2048, 6)
    assert drawn.choices[:2].tolist() == [[1.0] * 6, [0.0] * 6]
    assert drawn.weights[:2].min() > 1000 * drawn.weights[2:].max()
    pairs = drawn.choices[2:].reshape(-1, 2, 6)
    assert (pairs.sum(axis=1) == 1).all()
    sizes = np.bincount(drawn.choices[2:].sum(axis=1).astype(int), minlength=7)[1:6] / 2046
    kernel = np.array([5 / (size * (6 - size)) for size in range(1, 6)])
    np.testing.assert_allclose(sizes, kernel / kernel.sum(), atol=0.03)


def test_near_samples_weigh_more_the_more_is_left() -> None:
    drawn = coalitions.lime_samples(Draws(0), 512, 10)
    assert drawn.choices[0].tolist() == [1.0] * 10
    assert drawn.weights[0] == 1.0
    order = drawn.choices.sum(axis=1).argsort()
    assert (np.diff(drawn.weights[order]) >= -1e-6).all()
    assert float(drawn.choices[1:].mean()) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("seed", [0, 5, 2**32 - 1])
def test_samples_are_those_that_pytorch_draws(seed: int) -> None:
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(seed)
    draws = Draws(seed)
    weights = np.array([3.0, 1.0, 0.5, 2.0], np.float32)
    np.testing.assert_array_equal(draws.tosses(7, 5), torch.randint(0, 2, (7, 5), generator=generator))
    np.testing.assert_array_equal(draws.fractions(4, 9), torch.rand(4, 9, generator=generator))
    expected = torch.multinomial(torch.from_numpy(weights), 99, replacement=True, generator=generator)
    np.testing.assert_array_equal(draws.choices(weights, 99), expected)


def test_every_coalition_gives_the_exact_shapley_values() -> None:
    drawn = coalitions.every(5)
    assert len(np.unique(drawn.choices, axis=0)) == len(drawn.choices) == 32
    np.testing.assert_allclose(surrogates.kernel_shap(product, drawn), shapley(5), atol=1e-4)


def test_samples_converge_to_the_shapley_values() -> None:
    attributions = surrogates.kernel_shap(product, coalitions.shap_samples(Draws(1), 2048, 5))
    np.testing.assert_allclose(attributions, shapley(5), atol=0.1)
    ends = product(np.array([[1.0] * 5, [0.0] * 5], np.float32))
    assert attributions.sum() == pytest.approx(ends[0] - ends[1], abs=1e-3)


@pytest.mark.parametrize("drawn", [coalitions.every(1), coalitions.shap_samples(Draws(0), 64, 1)])
def test_one_part_is_all_there_is_to_explain(drawn: Coalitions) -> None:
    assert surrogates.kernel_shap(lambda choices: 2.0 - 5.0 * choices[:, 0], drawn) == pytest.approx([-5.0])


def test_the_linear_model_is_least_squares_with_weights() -> None:
    random = np.random.default_rng(0)
    x, y, weights = random.normal(size=(50, 4)), random.normal(size=50), random.uniform(0.1, 2.0, 50)
    design = np.column_stack([x, np.ones(50)]) * np.sqrt(weights)[:, None]
    expected = np.linalg.lstsq(design, y * np.sqrt(weights), rcond=None)[0]
    np.testing.assert_allclose(surrogates.fit(x, y, weights), expected[:4], atol=1e-10)


def test_a_penalty_makes_the_coefficients_smaller() -> None:
    random = np.random.default_rng(0)
    x, y, weights = random.normal(size=(50, 4)), random.normal(size=50), np.ones(50)
    plain, ridge = surrogates.fit(x, y, weights), surrogates.fit(x, y, weights, 100.0)
    assert np.linalg.norm(ridge) < 0.5 * np.linalg.norm(plain)
