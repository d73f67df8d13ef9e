"""The samples beside a bundle."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from inference import golden, packing
from inference.samples import FILE as SAMPLES
from inference.samples import Labels, Samples, save
from serving.archives import samples
from serving.errors import UserError
from serving.gateway.routes import Route
from tests.models import table

GIVEN = table.SPEC.input


@pytest.mark.parametrize("labels", [None, np.array([0, 1, 2, 0])])
def test_samples_are_read_as_they_were_written(tmp_path: Path, labels: Labels | None) -> None:
    save(Samples(table.ROWS, labels), tmp_path / SAMPLES)
    rows, loaded_labels = samples.load(tmp_path / SAMPLES, GIVEN)
    assert np.array_equal(rows, table.ROWS)
    assert rows.dtype == GIVEN.dtype
    assert (loaded_labels is None) == (labels is None)
    assert labels is None or loaded_labels is None or np.array_equal(loaded_labels, labels)


def test_missing_samples_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no samples .*samples\.safetensors"):
        samples.load(tmp_path / SAMPLES, GIVEN)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"labels": np.zeros(4, np.int64)}, "has no samples"),
        ({"rows": np.zeros((4, 5), np.float32)}, r"has float32 \(4, 5\)"),
        ({"rows": np.zeros((4, 4), np.uint8)}, "has uint8"),
        ({"rows": np.zeros((0, 4), np.float32)}, r"has float32 \(0, 4\)"),
        ({"rows": table.ROWS, "labels": np.zeros(3, np.int64)}, "for 4 samples"),
        ({"rows": table.ROWS, "labels": np.zeros(4, np.float32)}, "has labels float32"),
    ],
)
def test_samples_of_another_model_are_refused(tmp_path: Path, tensors: dict[str, np.ndarray], message: str) -> None:
    path = tmp_path / SAMPLES
    path.write_bytes(safetensors.numpy.save(tensors))
    with pytest.raises(UserError, match=message):
        samples.load(path, GIVEN)


def test_a_file_that_is_no_tensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / SAMPLES).write_bytes(b"{}")
    with pytest.raises(UserError, match="has no samples"):
        samples.load(tmp_path / SAMPLES, GIVEN)


def test_golden_samples_of_named_inputs_are_one_array_with_their_fields(tmp_path: Path) -> None:
    state = np.arange(6, dtype=np.float32).reshape(2, 3)
    tensors = {
        "rows.state": state,
        "rows.word": np.array(["yes", "no"], object),
        "output.level": np.ones(2, np.float32),
    }
    with zipfile.ZipFile(tmp_path / "cell.mar", "w") as file:
        file.writestr(golden.FILE, safetensors.numpy.save(packing.packed(tensors)))
    golden_samples = samples.read_golden(tmp_path / "cell.mar")
    assert np.array_equal(golden_samples.rows["state"], state)
    assert [str(word) for word in golden_samples.rows["word"]] == ["yes", "no"]
    assert list(golden_samples.expected) == ["output.level"]
    assert Route.of("cell", tmp_path / "cell.mar").row_bytes == 0
