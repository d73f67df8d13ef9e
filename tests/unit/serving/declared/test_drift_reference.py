"""Drift reference of a declared model, made from its training data."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import orjson
import pytest
from onnx import helper

from serving.declared import drift_reference, folder, resolution
from serving.declared.errors import DeclarationError
from serving.declared.resolution import Resolved
from tests import declared
from tests.declared import COLUMNS, LABELS
from tests.models import table

ROWS = np.random.default_rng(8).normal(5, 2, (200, 4)).astype(np.float32)


def test_it_has_bounds_and_shares_but_no_example(tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", ROWS)
    resolved = resolution.resolve(folder.read(declared.folder(tmp_path / "iris")), tmp_path / "train.npy")
    reference = orjson.loads(resolved.files["reference.json"])
    assert set(reference["edges"]) == set(COLUMNS)
    assert set(reference["shares"]) == {*COLUMNS, "label", "abstained"}
    assert len(reference["shares"]["label"]) == len(LABELS)
    np.testing.assert_allclose(reference["measure"]["centers"], ROWS.mean(axis=0), rtol=1e-5)
    assert len(resolved.files["reference.json"]) < 4000
    assert resolved.declaration.notes["checks"]["reference"] == 200
    assert "reference.json" not in resolution.resolve(folder.read(tmp_path / "iris")).files


def baseline(resolved: Resolved) -> np.ndarray:
    return np.load(BytesIO(resolved.files["baseline.npy"]))  # type: ignore[no-any-return]


def test_explanations_start_from_the_mean_of_the_training_data(tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", ROWS)
    own = folder.read(declared.folder(tmp_path / "iris"))
    (tmp_path / "iris" / "samples").mkdir()
    np.save(tmp_path / "iris" / "samples" / "one.npy", np.arange(4, dtype=np.float32))
    np.testing.assert_allclose(baseline(resolution.resolve(own, tmp_path / "train.npy")), ROWS.mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(baseline(resolution.resolve(own)), np.arange(4))


def test_of_whole_numbers_it_is_the_lower_median(tmp_path: Path) -> None:
    node = helper.make_node("Cast", ["counts"], ["value"], to=declared.FLOAT)
    declared.folder(tmp_path / "own", "")
    declared.save(
        tmp_path / "own" / "iris.onnx", [node],
        [("counts", declared.INT64, ["n", 2])], [("value", declared.FLOAT, ["n", 2])],
    )  # fmt: skip
    counts = np.random.default_rng(9).integers(0, 100, (120, 2))
    np.save(tmp_path / "train.npy", counts)
    medians = baseline(resolution.resolve(folder.read(tmp_path / "own"), tmp_path / "train.npy"))
    np.testing.assert_array_equal(medians, np.sort(counts, axis=0)[59])


def test_no_column_has_the_name_of_another_share() -> None:
    labelled = replace(table.SPEC.input, columns=("label", "abstained", "size", "x"))
    assert drift_reference.names(labelled) == ["column label", "column abstained", "size", "x"]
    wide = replace(labelled, columns=tuple(map(str, range(100))), shape=(100,))
    assert drift_reference.names(wide) == [str(index) for index in range(100)]
    assert drift_reference.names(table.SPEC.input) == [f"column {index}" for index in range(4)]


def test_wrong_training_data_stops_packaging(tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", ROWS[:, :3])
    with pytest.raises(DeclarationError, match=r"train\.npy has the shape \[200, 3\]; \[N, 4\] is needed"):
        resolution.resolve(folder.read(declared.folder(tmp_path / "iris")), tmp_path / "train.npy")
