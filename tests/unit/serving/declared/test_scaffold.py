"""Generated ``model.toml`` of a folder: it packages unchanged, or an error says why not."""

import re
from pathlib import Path

import onnx
import pytest
from onnx import helper

from serving.declared import folder, resolution, scaffold
from serving.declared.errors import DeclarationError
from tests import declared

COMPLEX = int(onnx.TensorProto.COMPLEX64)


def test_a_first_file_can_be_packaged_as_it_is(tmp_path: Path) -> None:
    declared.iris(tmp_path / "iris.onnx")
    text = scaffold.write(tmp_path)
    assert '# the network takes "row": FP32 [?, 4]' in text
    assert resolution.resolve(folder.read(tmp_path)).declaration.labels == ("class 0", "class 1", "class 2")
    with pytest.raises(DeclarationError, match="exists: edit it"):
        scaffold.write(tmp_path)


@pytest.mark.parametrize(("make", "kind"), [(declared.photos, "logits"), (declared.sums, "tensors")])
def test_a_first_file_of_other_kinds(tmp_path: Path, make: object, kind: str) -> None:
    assert callable(make)
    make(tmp_path / "own.onnx")
    scaffold.write(tmp_path)
    assert resolution.resolve(folder.read(tmp_path)).declaration.kind == kind


def test_a_first_file_has_no_values_of_many_dimensions(tmp_path: Path) -> None:
    node = helper.make_node("Identity", ["image"], ["mask"])
    values: list[declared.Value] = [("image", declared.FLOAT, ["n", 3, 8, 8])]
    declared.save(tmp_path / "own.onnx", [node], values, [("mask", declared.FLOAT, ["n", 3, 8, 8])])
    scaffold.write(tmp_path)
    assert resolution.resolve(folder.read(tmp_path)).declaration.kind == "tensors"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (declared.TEXT, "output 'b' is of type string, which is not served: return numbers, whose texts are labels in"),
        (COMPLEX, "input 'a' is of type complex64, which is not served: cast it to float32"),
    ],
)
def test_no_first_file_of_a_network_that_cannot_be_served(tmp_path: Path, kind: int, message: str) -> None:
    node = helper.make_node("Identity", ["a"], ["b"])
    declared.save(tmp_path / "own.onnx", [node], [("a", kind, ["n"])], [("b", kind, ["n"])])
    with pytest.raises(DeclarationError, match=message):
        scaffold.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["own.onnx"]


def test_many_labels_get_a_file_which_is_used_if_it_exists(tmp_path: Path) -> None:
    node = helper.make_node("Flatten", ["row"], ["scores"])
    values: list[declared.Value] = [("row", declared.FLOAT, ["n", 30])]
    declared.save(tmp_path / "own.onnx", [node], values, [("scores", declared.FLOAT, ["n", 30])])
    assert 'labels = "labels.txt"  # one a line' in scaffold.write(tmp_path)
    labels = resolution.resolve(folder.read(tmp_path)).declaration.labels
    assert labels == tuple(f"class {index}" for index in range(30))
    (tmp_path / "model.toml").unlink()
    (tmp_path / "labels.txt").write_text("\n".join(f"bird {index}" for index in range(30)))
    scaffold.write(tmp_path)
    assert resolution.resolve(folder.read(tmp_path)).declaration.labels[29] == "bird 29"


@pytest.mark.parametrize("weights", ["net.safetensors", "net.pt", "net.PTH"])
def test_a_first_file_names_the_weights(tmp_path: Path, weights: str) -> None:
    for name in ("network.py", weights):
        (tmp_path / name).write_bytes(b"")
    assert f'weights = "{weights}"' in scaffold.write(tmp_path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("model.PKL", "unpickling runs code"),
        ("model.safetensors", "it has weights without a network: export it to ONNX, or name network.py:make"),
        ("model.keras", "tf2onnx converts Keras's"),
    ],
)
def test_a_first_file_of_another_format_is_refused_with_the_remedy(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).write_bytes(b"")
    (tmp_path / "config.json").write_bytes(b"{}")
    with pytest.raises(DeclarationError, match=f"^{re.escape(name)} is not accepted: {reason}"):
        scaffold.write(tmp_path)


def test_no_first_file_without_a_network(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"has 0 \.onnx files and no network\.py"):
        scaffold.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_bytes_of_images_have_no_scale(tmp_path: Path) -> None:
    declared.bytes_of(tmp_path / "own.onnx")
    assert 'image = { color = "RGB", size = [8, 8], resample = "bilinear" }' in scaffold.write(tmp_path)
    assert resolution.resolve(folder.read(tmp_path)).figures.warnings == []
