"""The reference of a declared model, made of its training data."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from serving.declared import drift_reference, folder, resolution
from serving.declared.errors import DeclarationError
from tests import declared
from tests.declared import COLUMNS, LABELS
from tests.models import table

ROWS = np.random.default_rng(8).normal(5, 2, (200, 4)).astype(np.float32)


def test_it_has_bounds_and_shares_but_no_example(tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", ROWS)
    resolved = resolution.resolve(folder.read(declared.folder(tmp_path / "iris")), tmp_path / "train.npy")
    found = orjson.loads(resolved.package.files["reference.json"])
    assert set(found["edges"]) == set(COLUMNS)
    assert set(found["shares"]) == {*COLUMNS, "label", "abstained"}
    assert len(found["shares"]["label"]) == len(LABELS)
    np.testing.assert_allclose(found["measure"]["centers"], ROWS.mean(axis=0), rtol=1e-5)
    assert len(resolved.package.files["reference.json"]) < 4000
    assert resolved.package.declaration.notes["checks"]["reference"] == 200
    assert "reference.json" not in resolution.resolve(folder.read(tmp_path / "iris")).package.files


def test_no_column_has_the_name_of_another_share() -> None:
    given = replace(table.SPEC.input, columns=("label", "abstained", "size", "x"))
    assert drift_reference.names(given) == ["column label", "column abstained", "size", "x"]
    wide = replace(given, columns=tuple(map(str, range(100))), shape=(100,))
    assert drift_reference.names(wide) == [str(index) for index in range(64)]
    assert drift_reference.names(table.SPEC.input) == [f"column {index}" for index in range(4)]


def test_wrong_training_data_stops_packaging(tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", ROWS[:, :3])
    with pytest.raises(DeclarationError, match=r"train\.npy has the shape \[200, 3\]; \[N, 4\] is needed"):
        resolution.resolve(folder.read(declared.folder(tmp_path / "iris")), tmp_path / "train.npy")
