"""Explanations that use only predictions, compared with closed forms."""

from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from inference.explanations.caption import Caption
from inference.explanations.perturbed import PerturbationExplainer, methods
from inference.explanations.query import Query
from inference.spec import InputSpec, Rows

METHODS = ("kernel_shap", "lime", "occlusion")
CAPTION = Caption("Read as a (98.0 %). Why a?", "lime, 512 samples", "against a", "for a")
random = np.random.default_rng(3)


def table(columns: int, **fields: Any) -> InputSpec:
    return InputSpec("row", (columns,), columns=tuple(f"column {index}" for index in range(columns)), **fields)


def image(*shape: int) -> InputSpec:
    return InputSpec("image", shape, np.dtype("u1"), scale=255.0, example="image", number="value")


class Linear:
    """Scores x @ w + b for two targets, with a baseline and a count of the predicted rows."""

    def __init__(self, input_spec: InputSpec) -> None:
        self.weights = random.normal(size=(input_spec.size, 2))
        self.scored_rows = 0
        self.largest = 0
        shape = input_spec.shape
        self.row: Rows = random.integers(0, 256, shape).astype(input_spec.dtype)
        self.baseline: Rows = random.integers(0, 256, shape).astype(input_spec.dtype)
        self.explainer = PerturbationExplainer(input_spec, self.score, self.baseline)

    def score(self, rows: Rows) -> npt.NDArray[np.float32]:
        self.scored_rows += len(rows)
        self.largest = max(self.largest, len(rows))
        return (rows.reshape(len(rows), -1).astype(np.float64) @ self.weights + 3.0).astype(np.float32)

    def shares(self, target: int) -> npt.NDArray[np.float64]:
        """Return w (x - x') of each number, in the shape of the example."""
        difference = self.row.astype(np.float64) - self.baseline
        return self.weights[:, target].reshape(self.row.shape) * difference


def of(input_spec: InputSpec, method: str, samples: int = 0, seed: int = 0) -> Query:
    return Query(method, samples or methods(input_spec)[method].default, seed=seed)


@pytest.mark.parametrize("columns", [1, 4, 30, 169])
@pytest.mark.parametrize("method", METHODS)
def test_of_a_linear_table_each_columns_share_is_weight_times_difference(columns: int, method: str) -> None:
    input_spec = table(columns)
    model = Linear(input_spec)
    explanation = model.explainer.explain(model.row, 1, of(input_spec, method))
    expected = model.shares(1)
    close = {"lime": 0.05 if columns > 1 else 0.2}.get(method, 1e-3)  # LIME's penalty shrinks some coefficients
    np.testing.assert_allclose(explanation.attributions, expected, atol=close * np.abs(expected).max())
    assert [explanation.score, explanation.base] == pytest.approx(
        model.score(np.stack([model.row, model.baseline]))[:, 1].tolist(), rel=1e-5
    )


@pytest.mark.parametrize("shape", [(32, 32), (28, 20, 3), (5, 9), (100, 3, 3)])
def test_of_a_linear_image_the_squares_of_a_grid_have_the_sum_of_their_pixels(shape: tuple[int, ...]) -> None:
    input_spec = image(*shape)
    model = Linear(input_spec)
    expected = model.shares(0).reshape(*shape[:2], -1).sum(axis=-1)
    attributions = model.explainer.explain(model.row, 0, of(input_spec, "kernel_shap")).attributions
    assert attributions.shape == shape[:2]
    rows, columns = (np.arange(side) * min(side, 7) // side for side in shape[:2])
    for row in range(rows[-1] + 1):
        for column in range(columns[-1] + 1):
            square = np.ix_(rows == row, columns == column)
            assert attributions[square].sum() == pytest.approx(
                expected[square].sum(), abs=2e-3 * np.abs(expected).sum()
            )


@pytest.mark.parametrize("input_spec", [table(4), table(12), table(500), image(40, 40, 3)], ids=str)
def test_shapley_values_add_up_to_what_is_explained(input_spec: InputSpec) -> None:
    model = Linear(input_spec)

    def bent(rows: Rows) -> npt.NDArray[np.float32]:
        scores: npt.NDArray[np.float32] = np.float32(10.0) * np.tanh(model.score(rows) / np.float32(1000.0))
        return scores

    explainer = PerturbationExplainer(input_spec, bent, model.baseline)
    explanation = explainer.explain(model.row, 1, of(input_spec, "kernel_shap"))
    assert explanation.attributions.sum() == pytest.approx(explanation.score - explanation.base, abs=1e-2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("top", "left"), [(0, 0), (20, 40), (56, 8)])
def test_the_patch_that_a_model_looks_at_is_found(method: str, top: int, left: int) -> None:
    input_spec = image(64, 64, 3)

    def brightness(rows: Rows) -> npt.NDArray[np.float32]:
        patch = rows[:, top : top + 8, left : left + 8]
        means: npt.NDArray[np.float32] = patch.reshape(len(rows), -1).mean(axis=1, keepdims=True, dtype=np.float32)
        return means

    baseline = np.full((64, 64, 3), 90, np.uint8)
    row = np.random.default_rng(1).integers(0, 60, (64, 64, 3)).astype(np.uint8)
    row[top : top + 8, left : left + 8] = 250
    attributions = (
        PerturbationExplainer(input_spec, brightness, baseline).explain(row, 0, of(input_spec, method)).attributions
    )
    inside = attributions[top : top + 8, left : left + 8]
    assert inside.sum() > 0.5 * np.abs(attributions).sum() or method == "occlusion"
    row_, column = np.unravel_index(attributions.argmax(), attributions.shape)
    assert top - 1 <= row_ <= top + 8
    assert left - 1 <= column <= left + 8
    assert inside.mean() > 5 * np.abs(attributions).mean()


@pytest.mark.parametrize("input_spec", [table(3), table(40), table(3000), image(9, 9), image(300, 200, 3)], ids=str)
@pytest.mark.parametrize("method", METHODS)
def test_a_model_is_asked_no_more_often_than_samples_say(input_spec: InputSpec, method: str) -> None:
    model = Linear(input_spec)
    for samples in {methods(input_spec)[method].least, methods(input_spec)[method].default}:
        model.scored_rows = 0
        model.explainer.explain(model.row, 0, of(input_spec, method, samples))
        assert model.scored_rows <= samples + 2  # the example and the baseline
    assert model.largest * input_spec.row_bytes <= max(4 << 20, input_spec.row_bytes)
    assert methods(input_spec)["occlusion"].most <= 169
    assert methods(input_spec)["kernel_shap"].most <= 2048


@pytest.mark.parametrize("input_spec", [table(12), image(40, 40, 3)], ids=str)
def test_a_seed_decides_the_samples(input_spec: InputSpec) -> None:
    model = Linear(input_spec)

    def bent(rows: Rows) -> npt.NDArray[np.float32]:
        scores: npt.NDArray[np.float32] = np.sin(model.score(rows) / np.float32(5000.0))
        return scores

    explainer = PerturbationExplainer(input_spec, bent, model.baseline)
    for method in METHODS:
        first, again, other = (
            explainer.explain(model.row, 0, of(input_spec, method, seed=seed)).attributions for seed in (5, 5, 6)
        )
        np.testing.assert_array_equal(first, again)
        assert np.array_equal(first, other) == (method == "occlusion")


@pytest.mark.parametrize("method", METHODS)
def test_whole_numbers_and_truth_values_stay_what_they_are(method: str) -> None:
    for dtype in ("<i8", "?", "<u2"):
        input_spec = InputSpec("row", (3,), np.dtype(dtype))
        row, baseline = np.array([1, 1, 0], dtype), np.array([0, 1, 0], dtype)

        def score(rows: Rows, dtype: str = dtype) -> npt.NDArray[np.float32]:
            assert rows.dtype == np.dtype(dtype)
            return rows.astype(np.float32) @ np.array([[2.0], [5.0], [7.0]], np.float32)

        explanation = PerturbationExplainer(input_spec, score, baseline).explain(row, 0, of(input_spec, method))
        np.testing.assert_allclose(explanation.attributions, [2.0, 0.0, 0.0], atol=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_an_example_like_the_baseline_has_no_shares(method: str) -> None:
    for input_spec in (table(5), image(16, 16)):
        model = Linear(input_spec)
        explanation = model.explainer.explain(model.baseline, 0, of(input_spec, method))
        np.testing.assert_allclose(explanation.attributions, 0.0, atol=1e-3)


@pytest.mark.parametrize(
    ("input_spec", "size"),
    [
        (table(4), (580, 256)),
        (table(30), (580, 802)),
        (image(20, 20, 3), (580, 700)),
        (image(600, 300), (580, 1260)),
        (image(10, 2000), (580, 143)),
    ],
    ids=str,
)
def test_a_picture_is_drawn(input_spec: InputSpec, size: tuple[int, int]) -> None:
    model = Linear(input_spec)
    explanation = model.explainer.explain(model.row, 0, of(input_spec, "lime", 64))
    picture = Image.open(BytesIO(model.explainer.draw(model.row, explanation, CAPTION)))
    assert (picture.format, picture.size) == ("PNG", size)


def test_the_bars_point_to_both_sides() -> None:
    input_spec = table(2)
    model = Linear(input_spec)
    explanation = PerturbationExplainer(
        input_spec, lambda rows: (rows @ np.array([[4.0], [-2.0]])).astype(np.float32), np.zeros(2, np.float32)
    ).explain(np.ones(2, np.float32), 0, of(input_spec, "kernel_shap"))
    pixels = np.asarray(Image.open(BytesIO(model.explainer.draw(model.row, explanation, CAPTION))).convert("RGB"), int)
    first, second = (pixels[74 + 12 + line * 26] for line in (0, 1))
    orange, blue = first[:, 0] - first[:, 2] > 80, second[:, 2] - second[:, 0] > 80
    assert orange.sum() > 1.5 * blue.sum() > 0
    assert np.flatnonzero(orange).min() > np.flatnonzero(blue).max() - 3


def test_a_table_of_few_columns_takes_no_more_samples_than_it_has_subsets() -> None:
    explainer = Linear(table(3)).explainer
    kernel, lime = (explainer.seconds(Query(method, 512)) for method in ("kernel_shap", "lime"))
    assert lime == pytest.approx(kernel * 512 / 2**3)
    assert explainer.seconds(Query("kernel_shap", 5)) == pytest.approx(lime * 5 / 512)
