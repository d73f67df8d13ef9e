"""Training data from arrays, tables and folders of images, and their errors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from inference.declared import specification
from inference.declared.declaration import TENSORS, Declaration, ImageInput
from inference.inputs.named import Tensor
from inference.spec import ModelSpec
from serving.declared import training_data
from serving.declared.errors import DeclarationError
from tests.messages import png

COLUMNS = ("age", "height", "weight")
ROWS = np.random.default_rng(3).normal(50, 10, (120, 3)).astype(np.float32)


def model(
    shape: Sequence[int] = (3,), columns: tuple[str, ...] = COLUMNS, image: ImageInput | None = None
) -> ModelSpec:
    row = Tensor("row", "FP32", tuple(shape))
    return specification.of(
        Declaration("m", row, (Tensor("out", "FP32", (1,)),), TENSORS, columns=columns, image=image)
    )


IMAGES = model((3, 8, 8), (), ImageInput(size=(8, 8)))


def table(path: Path, header: Sequence[str] | None, rows: np.ndarray, delimiter: str = ",") -> Path:
    lines = [header] if header else []
    lines += [[repr(float(number)) for number in row] for row in rows]
    path.write_text("\n".join(delimiter.join(line) for line in lines) + "\n")
    return path


WORDS = specification.of(
    Declaration(
        "m", Tensor("word", "BYTES", ()), (Tensor("out", "FP32", ()),), TENSORS,
        inputs=(Tensor("word", "BYTES", ()), Tensor("flag", "BOOL", ())),
    )
)  # fmt: skip


def test_inputs_by_name_are_an_object_a_line(tmp_path: Path) -> None:
    lines = [f'{{"word": "w{index}", "flag": {["true", "false"][index % 2]}}}' for index in range(100)]
    (tmp_path / "train.jsonl").write_text("\n\n".join(lines))
    rows, treatments = training_data.read(tmp_path / "train.jsonl", WORDS)
    assert (rows["word"][99], rows["flag"][:2].tolist(), len(treatments)) == ("w99", [True, False], 100)


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("train.csv", "", "inputs by name need a .jsonl file with one object per line"),
        ("train.jsonl", "{", "train.jsonl cannot be read: "),
        ("train.jsonl", '{"word": "a"}', "train.jsonl: example 0 has no input 'flag'"),
        ("train.jsonl", '{"wrd": "a", "flag": true}', "example 0 has the unknown input 'wrd'; did you mean 'word'?"),
        ("train.jsonl", '{"word": "a", "flag": true}', "train.jsonl has 1 examples; --reference needs at least 100"),
    ],
)
def test_lines_that_are_no_examples(tmp_path: Path, name: str, line: str, message: str) -> None:
    (tmp_path / name).write_text(line)
    with pytest.raises(DeclarationError) as error:
        training_data.read(tmp_path / name, WORDS)
    assert message in str(error.value)


def test_an_array_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", ROWS.astype(np.float64))
    rows, _ = training_data.read(tmp_path / "train.npy", model())
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, ROWS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_header_names_the_columns_in_any_order_and_among_others(tmp_path: Path, delimiter: str) -> None:
    mixed = np.column_stack([ROWS[:, 2], np.arange(len(ROWS)), ROWS[:, 0], ROWS[:, 1]])
    path = table(tmp_path / "train.csv", ["weight", "target", " age", "height"], mixed, delimiter)
    np.testing.assert_allclose(training_data.read(path, model())[0], ROWS)


@pytest.mark.parametrize("columns", [COLUMNS, ()])
def test_without_a_header_the_columns_are_those_of_the_model(tmp_path: Path, columns: tuple[str, ...]) -> None:
    path = table(tmp_path / "train.csv", None, ROWS)
    np.testing.assert_allclose(training_data.read(path, model(columns=columns))[0], ROWS)


def test_many_examples_are_spread_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_data, "_MOST", 50)
    np.save(tmp_path / "train.npy", ROWS)
    rows, treatments = training_data.read(tmp_path / "train.npy", model())
    np.testing.assert_array_equal(rows, ROWS[::3])
    assert len(treatments) == 40


def test_images_are_read_from_a_folder_and_those_in_it(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    (tmp_path / "cats").mkdir()
    for index in range(100):
        image = random.integers(0, 256, (16, 32, 3)).astype(np.uint8)
        (tmp_path / ("cats" if index % 2 else ".") / f"{index:03}.png").write_bytes(png(image))
    (tmp_path / "Thumbs.db").write_bytes(b"no image")
    rows, treatments = training_data.read(tmp_path, IMAGES)
    assert rows.shape == (100, 8, 8, 3)
    assert rows.dtype == np.uint8
    assert {(treatment.width, treatment.height) for treatment in treatments} == {(32, 16)}


NAN = ROWS.copy()
NAN[7, 1] = np.nan


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", "age,weight\n1,2\n", "a.csv lacks the columns 'height': it has 'age', 'weight'; rename them there"),
        ("a.csv", "1,2\n3,4\n", "a.csv has 2 columns; the model accepts 3"),
        ("a.csv", "age,height,weight\n1,2,3\n1,tall,3\n", "a.csv line 3: column 2 is 'tall', not a number"),
        ("a.csv", "age,height,weight\n1,2,3\n1,2\n", "a.csv line 3: column 3 is missing, not a number"),
        ("a.csv", "age,height,weight\n1,2,3\n1\n", "a.csv line 3: column 2 is missing, not a number"),
        ("a.csv", "1,2,3\n1,nan,3\n", 'a.csv line 2: column "height" is nan'),
        ("a.csv", "1,2,3\n" * 99, "a.csv has 99 examples; --reference needs at least 100"),
        ("a.csv", b"\xff\xfe,1", "a.csv cannot be read"),
        ("a.npy", b"no array", "a.npy is not an array"),
        ("a.npy", ROWS[:, :2], r"a.npy has the shape \[120, 2\]; \[N, 3\] is needed"),
        ("a.npy", NAN, 'a.npy example 7: column "height" is nan'),
        ("a.npy", np.full((120, 3), "x"), "a.npy has <U1; float32 is needed"),
        ("a.npy", ROWS[:5], "a.npy has 5 examples"),
        ("a.txt", "1,2,3", "cannot be read: name a .npy file"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    tmp_path: Path, name: str, content: str | bytes | np.ndarray, message: str
) -> None:
    path = tmp_path / name
    if isinstance(content, np.ndarray):
        np.save(path, content)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DeclarationError, match=message) as refused:
        training_data.read(path, model())
    assert "\n" not in str(refused.value)


def test_what_is_no_training_data_of_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="is a folder, but the model does not accept images"):
        training_data.read(tmp_path, model())
    with pytest.raises(DeclarationError, match="has no image files"):
        training_data.read(tmp_path, IMAGES)
    with pytest.raises(DeclarationError, match=r"is for tables and images; one example is FP32 \[2, 5\]"):
        training_data.read(tmp_path, model((2, 5), ()))
    with pytest.raises(DeclarationError, match=r"missing\.csv cannot be read"):
        training_data.read(tmp_path / "missing.csv", model())
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DeclarationError, match=r"broken\.png cannot be read"):
        training_data.read(tmp_path, IMAGES)
