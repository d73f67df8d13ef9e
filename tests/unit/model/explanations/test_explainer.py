"""Attributions, compared with closed forms and with each other."""

import itertools
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients

from inference.bundle import Bundle
from inference.explanations.query import Query
from model.explanations import METHODS, DigitsExplainer
from model.pixels import Images
from serving.paths import ROOT
from tests import recipe

SEVEN = recipe.drawn(7)[0]
RANDOM = ("gradient_shap", "kernel_shap", "lime")

pytestmark = pytest.mark.usefixtures("restored")


def of(method: str, samples: int = 0, seed: int = 0) -> Query:
    return Query(method, samples=samples or METHODS[method].default, seed=seed)


def patch_sums(pixels: np.ndarray) -> np.ndarray:
    """Return the sum of each 4x4 patch of (28, 28), as (7, 7)."""
    sums: np.ndarray = pixels.reshape(7, 4, 7, 4).sum(axis=(1, 3), dtype=np.float64)
    return sums


def test_integrated_gradients_of_a_linear_network_are_weight_times_pixel(linear: Bundle, shares: np.ndarray) -> None:
    explanation = DigitsExplainer(linear).explain(SEVEN, 3, of("integrated_gradients", samples=16))
    np.testing.assert_allclose(explanation.attributions, shares, atol=1e-6)
    assert explanation.completeness_error < 1e-5
    assert explanation.score - explanation.base == pytest.approx(shares.sum(), abs=1e-4)


def test_gradient_shap_of_a_linear_network_is_weight_times_pixel_but_for_the_noise(
    linear: Bundle, shares: np.ndarray
) -> None:
    explanation = DigitsExplainer(linear).explain(SEVEN, 3, of("gradient_shap", samples=512))
    np.testing.assert_allclose(explanation.attributions, shares, atol=5 * 0.05 / math.sqrt(512))  # five standard errors


@pytest.mark.parametrize(("method", "close"), [("kernel_shap", 1e-4), ("lime", 5e-3)])
def test_surrogates_of_a_linear_network_find_what_each_patch_adds(
    linear: Bundle, shares: np.ndarray, method: str, close: float
) -> None:
    explanation = DigitsExplainer(linear).explain(SEVEN, 3, of(method))
    np.testing.assert_allclose(patch_sums(explanation.attributions), patch_sums(shares), atol=close)


def test_occlusion_of_a_linear_network_is_the_mean_of_what_each_window_adds(linear: Bundle, shares: np.ndarray) -> None:
    expected, windows = np.zeros((28, 28)), np.zeros((28, 28))
    for row, column in itertools.product(range(0, 25, 2), repeat=2):
        window = (slice(row, row + 4), slice(column, column + 4))
        expected[window] += shares[window].sum()
        windows[window] += 1
    explanation = DigitsExplainer(linear).explain(SEVEN, 3, of("occlusion"))
    np.testing.assert_allclose(explanation.attributions, expected / windows, atol=1e-4)


def test_kernel_shap_converges_to_the_shapley_values_of_the_patches(explainer: DigitsExplainer, small: Bundle) -> None:
    """The result is compared with the definition, over all 2^6 coalitions of an image of six patches."""
    image = np.zeros((28, 28), dtype=np.uint8)
    corners = [(4 * row, 4 * column) for row, column in ((1, 2), (2, 2), (2, 3), (3, 4), (4, 4), (5, 1))]
    for row, column in corners:
        image[row + 1 : row + 3, column + 1 : column + 3] = 200

    def logit(coalition: tuple[int, ...]) -> float:
        left = np.zeros_like(image)
        for index in coalition:
            row, column = corners[index]
            left[row : row + 4, column : column + 4] = image[row : row + 4, column : column + 4]
        inputs = torch.from_numpy(left.reshape(1, 784).astype(np.float32) / 255.0)
        return float(small.network(inputs)[0, 2])

    def shapley(index: int) -> float:
        others = [other for other in range(6) if other != index]
        coalitions = [coalition for size in range(6) for coalition in itertools.combinations(others, size)]
        weights = [1 / (6 * math.comb(5, len(coalition))) for coalition in coalitions]
        gains = [logit((*coalition, index)) - logit(coalition) for coalition in coalitions]
        return sum(weight * gain for weight, gain in zip(weights, gains, strict=True))

    exact = [shapley(index) for index in range(6)]
    sums = patch_sums(explainer.explain(image, 2, of("kernel_shap", samples=2048)).attributions)
    np.testing.assert_allclose([sums[row // 4, column // 4] for row, column in corners], exact, atol=0.02)


@pytest.mark.parametrize("method", ["integrated_gradients", "kernel_shap"])
@pytest.mark.parametrize("target", range(10))
def test_the_shares_add_up_to_what_is_explained(explainer: DigitsExplainer, method: str, target: int) -> None:
    explanation = explainer.explain(SEVEN, target, of(method))
    assert explanation.attributions.sum() == pytest.approx(explanation.score - explanation.base, abs=0.02)


def test_what_is_explained_is_the_logit(explainer: DigitsExplainer, small: Bundle) -> None:
    explanation = explainer.explain(SEVEN, 4, of("integrated_gradients"))
    inputs = torch.from_numpy(np.stack([SEVEN, 0 * SEVEN]).reshape(2, 784).astype(np.float32) / 255.0)
    assert [explanation.score, explanation.base] == pytest.approx(small.network(inputs)[:, 4].tolist(), abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_request_has_the_same_answer(small: Bundle, method: str) -> None:
    first, again = (DigitsExplainer(small).explain(SEVEN, 2, of(method, seed=5)).attributions for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = DigitsExplainer(small).explain(SEVEN, 2, of(method, seed=6)).attributions
    assert np.array_equal(first, other) == (method not in RANDOM)


@pytest.mark.parametrize("method", RANDOM)
def test_nobody_elses_random_numbers_are_disturbed(explainer: DigitsExplainer, method: str) -> None:
    def drawn() -> tuple[float, float]:
        return float(torch.rand(())), float(np.random.uniform())

    def seeded() -> None:
        torch.manual_seed(1)
        np.random.seed(1)

    seeded()
    expected = drawn()
    seeded()
    explainer.explain(SEVEN, 2, of(method))
    assert drawn() == expected


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bound", ["least", "most"])
def test_every_method_at_its_least_and_most(explainer: DigitsExplainer, method: str, bound: str) -> None:
    samples: int = getattr(METHODS[method], bound)
    attributions = explainer.explain(SEVEN, 1, of(method, samples)).attributions
    assert attributions.shape == (28, 28)
    assert attributions.dtype == np.float32
    assert np.isfinite(attributions).all()
    assert attributions.any()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("inked", [0, 1, 784])
def test_images_of_nothing_one_pixel_or_nothing_but_ink(explainer: DigitsExplainer, method: str, inked: int) -> None:
    image: Images = np.zeros(784, dtype=np.uint8)
    image[400 : 400 + inked] = 255
    image[:] = 255 if inked == 784 else image
    explanation = explainer.explain(image.reshape(28, 28), 0, of(method))
    assert np.isfinite(explanation.attributions).all()
    if inked == 0 and method != "gradient_shap":  # it adds noise to black pixels, too
        assert not explanation.attributions.any()
        assert explanation.completeness_error == 0.0


def test_integrated_gradients_are_captums(explainer: DigitsExplainer, small: Bundle) -> None:
    attributions = explainer.explain(SEVEN, 2, of("integrated_gradients", samples=64)).attributions
    method = IntegratedGradients(small.network)
    pixels = torch.from_numpy(SEVEN.reshape(1, 784).astype(np.float32) / 255.0)
    expected = method.attribute(pixels, target=2, n_steps=64, method="riemann_middle")
    np.testing.assert_allclose(attributions.reshape(1, 784), expected.numpy(), atol=1e-5)


def test_gradient_shap_approaches_integrated_gradients(explainer: DigitsExplainer) -> None:
    """It estimates the same integral at random points of the path, and its noise changes the result little."""
    exact = explainer.explain(SEVEN, 2, of("integrated_gradients", samples=1024)).attributions
    estimates = [explainer.explain(SEVEN, 2, of("gradient_shap", 512, seed)).attributions for seed in range(8)]
    assert np.abs(np.mean(estimates, axis=0) - exact).max() < 0.1 * np.abs(exact).max()


SCRIPT = """
import sys
import numpy as np
import inference.explanations.explained
from pathlib import Path
from inference import bundle
from inference.explanations.query import Query
from model import SPEC
from model.explanations import METHODS
explainer = SPEC.explanations.make(bundle.load(Path({path!r}), SPEC), "cpu")
for method in METHODS:
    explainer.explain(np.eye(28, dtype=np.uint8), 0, Query(method, METHODS[method].least))
print({{"torch", "captum", "matplotlib", "sklearn", "scipy"}} & sys.modules.keys())
"""


def test_explanations_import_nothing_that_predictions_do_not_need(bundle_path: Path) -> None:
    script = SCRIPT.format(path=str(bundle_path))
    completed = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=240
    )
    assert completed.stdout == "set()\n"
