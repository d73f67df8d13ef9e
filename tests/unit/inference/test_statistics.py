"""Statistics of tables and images of declared models, and drift of requests from the training data."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import pytest

from inference import drift
from inference.declared import statistics
from inference.declared.statistics import Columns, Images
from inference.drift import BINS, Reference
from inference.spec import Rows
from inference.treatment import Treatment

RANDOM = np.random.default_rng(6)
TABLE = np.stack([RANDOM.normal(1e6, 1e4, 2000), RANDOM.integers(0, 2, 2000), np.full(2000, 7.0)], axis=1)
IMAGES = RANDOM.integers(0, 200, (400, 6, 6, 3)).astype(np.uint8)
SIZES = [Treatment("PNG", 32 + index % 64, 48) for index in range(400)]


def reference(measured: Columns | Images, rows: Rows, treatments: list[Treatment], path: Path) -> Reference:
    """Return a reference that was written and read."""
    measured_reference = Reference.measured(drift.statistics(measured.drift, rows, treatments), measured.drift, {})
    path.write_bytes(orjson.dumps(orjson.loads(measured_reference.content()) | measured.described()))
    spec = statistics.load(path)
    assert spec
    assert (spec.statistics, spec.sized) == (measured.drift.statistics, measured.drift.sized)
    return Reference(measured_reference.edges, measured_reference.shares, spec)


def psi(expected: list[float], histogram: npt.NDArray[np.int64]) -> float:
    """Return the PSI as deploy/prometheus/rules.yml computes it."""
    sent, training = (np.maximum(shares, 1e-4) for shares in (histogram / histogram.sum(), np.array(expected)))
    return float(((sent - training) * np.log(sent / training)).sum())


def drifts(drift_reference: Reference, rows: Rows, treatments: list[Treatment]) -> dict[str, float]:
    histograms = drift_reference.histograms(rows, treatments)
    assert histograms.shape == (len(drift_reference.drift.statistics), BINS)
    assert (histograms.sum(axis=1) == len(rows)).all()
    return {
        name: psi(drift_reference.shares[name], histogram)
        for name, histogram in zip(drift_reference.drift.statistics, histograms, strict=True)
    }


def test_columns_of_any_size_have_tenths_in_their_bins(tmp_path: Path) -> None:
    drift_reference = reference(Columns.of(TABLE, ["price", "sold", "constant"]), TABLE, [], tmp_path / drift.FILE)
    np.testing.assert_allclose(drift_reference.shares["price"], [0.1] * BINS, atol=0.001)
    assert sum(share > 0 for share in drift_reference.shares["sold"]) == 2
    assert drifts(drift_reference, TABLE, []) == pytest.approx(dict.fromkeys(("price", "sold", "constant"), 0.0))


@pytest.mark.parametrize(("column", "by"), [("price", 1.5e4), ("sold", 1.0), ("constant", 1.0), ("price", np.inf)])
def test_the_column_that_drifts_is_seen_and_no_other(column: str, by: float, tmp_path: Path) -> None:
    names = ["price", "sold", "constant"]
    drift_reference = reference(Columns.of(TABLE, names), TABLE, [], tmp_path / drift.FILE)
    moved = TABLE.copy()
    moved[:, names.index(column)] += by
    indices = drifts(drift_reference, moved, [])
    assert [name for name in names if indices[name] > 0.25] == [column]


def test_only_named_columns_are_measured(tmp_path: Path) -> None:
    drift_reference = reference(Columns.of(TABLE[:, :2], ["price", "sold"]), TABLE, [], tmp_path / drift.FILE)
    assert drift_reference.drift.measure(TABLE).shape == (2000, 2)


def test_integers_are_measured_as_floats_are() -> None:
    whole = TABLE.astype(np.int64)
    expected = Columns.of(whole.astype(np.float64), ["price"])
    np.testing.assert_allclose(Columns.of(whole, ["price"]).centers, expected.centers)


def test_the_statistics_of_images_are_what_their_names_say() -> None:
    image = np.zeros((1, 2, 2), dtype=np.uint8)
    image[0, 0] = 255
    assert Images.measure(image).tolist() == [[0.5, 0.5]]
    values = drift.statistics(Images(sized=True).drift, image, [Treatment("PNG", 32, 128)])
    assert values.tolist() == [[0.5, 0.5, 6.0]]  # 64 pixels per side on average


@pytest.mark.parametrize(
    ("rows", "treatments", "expected"),
    [
        (IMAGES, SIZES, []),
        (IMAGES // 4, SIZES, ["brightness", "contrast"]),
        (IMAGES + 40, SIZES, ["brightness"]),
        (IMAGES, [Treatment("PNG", 3000, 4000)] * 400, ["size"]),
    ],
    ids=["alike", "dark", "light", "large"],
)
def test_light_and_size_of_images_drift(
    rows: Rows, treatments: list[Treatment], expected: list[str], tmp_path: Path
) -> None:
    drift_reference = reference(Images(sized=True), IMAGES, SIZES, tmp_path / drift.FILE)
    indices = drifts(drift_reference, rows.astype(np.uint8), treatments)
    assert [name for name, index in indices.items() if index > 0.25] == expected


def test_training_data_without_sizes_has_none(tmp_path: Path) -> None:
    drift_reference = reference(Images(sized=False), IMAGES, [], tmp_path / drift.FILE)
    assert drift_reference.drift.statistics == ("brightness", "contrast")
    assert drift_reference.histograms(IMAGES).shape == (2, BINS)


def test_a_model_without_a_reference_has_no_statistics(tmp_path: Path) -> None:
    assert statistics.load(tmp_path / drift.FILE) is None
