"""model.toml of a folder, and the files whose content it need not repeat."""

import json
from pathlib import Path
from typing import Any

import pytest

from inference.declared.declaration import ImageInput
from serving.declared import folder
from serving.declared.errors import DeclarationError
from tests import declared
from tests.declared import COLUMNS, LABELS

IMAGENET = {
    "image_processor_type": "CLIPImageProcessor",
    "do_resize": True,
    "size": {"shortest_edge": 256},
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "resample": 3,
    "do_rescale": True,
    "rescale_factor": 0.00392156862745098,
    "do_normalize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
}

NAMES, MANY = ([str(index) for index in range(count)] for count in (1001, 4097))


def read(path: Path, text: str) -> folder.Declared:
    return folder.read(declared.folder(path, text))


def refused(path: Path, text: str) -> str:
    with pytest.raises(DeclarationError) as error:
        read(path, text)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_all_that_a_file_states(tmp_path: Path) -> None:
    text = declared.MODEL + 'kind = "logits"\ntensor = "logits"\ntemperature = 2\nthreshold = 0.5\n'
    model = read(tmp_path, text)
    assert (model.name, model.network, model.function) == ("iris", tmp_path / "iris.onnx", "")
    assert (model.columns, model.labels) == (COLUMNS, LABELS)
    assert (model.kind, model.tensor, model.temperature, model.threshold) == ("logits", "logits", 2.0, 0.5)


def test_the_mark_that_editors_of_windows_write_first_is_no_content(tmp_path: Path) -> None:
    (path := tmp_path / "own").mkdir()
    (path / "labels.txt").write_bytes("\ufeffä\r\nb\r\nc\r\n".encode())
    model = read(path, '\ufeff[output]\nlabels = "labels.txt"\n')
    assert model.labels == ("ä", "b", "c")


@pytest.mark.parametrize(("length", "is_read"), [(1 << 20, True), ((1 << 20) + 1, False)])
def test_a_file_has_at_most_a_mebibyte(tmp_path: Path, length: int, is_read: bool) -> None:
    text = declared.MODEL + "#" * (length - len(declared.MODEL))
    if is_read:
        assert read(tmp_path, text).name
    else:
        assert "model.toml cannot be read" in refused(tmp_path, text)


def test_name_and_network_have_defaults(tmp_path: Path) -> None:
    model = read(tmp_path / "flowers", "")
    assert (model.name, model.network.name) == ("flowers", "iris.onnx")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colums = 3", "model.toml: unknown key 'colums'; did you mean columns in [input]?"),
        ("lables = []", "model.toml: unknown key 'lables'; did you mean labels in [output]?"),
        ("zzz = 3", "model.toml: unknown key 'zzz'; known are name, network, weights, batching"),
        ("[input]\ncolums = []", "model.toml [input]: unknown key 'colums'; did you mean columns?"),
        ("[output]\nlabel = []", "model.toml [output]: unknown key 'label'; did you mean labels?"),
        ("input = 3", "model.toml [input] must be a table, not 3"),
        ("name = 3", "model.toml: name must be a text, not 3"),
        ('name = "a/b"', "model.toml: name is 'a/b'; it must be"),
        ('name = "../b"', "model.toml: name is '../b'; it must be"),
        ('name = "explainer"', "name is 'explainer', which archives are registered under beside their own name"),
        ('name = "iris.explainer"', "name is 'iris.explainer', which archives are registered under"),
        ('name = "é"', "model.toml: name is 'é'; it must be"),
        ("[input]\ncolumns = [1, 2]", "columns must be a list of texts, not [1, 2]"),
        ('[input]\ncolumns = ["a", "b", "a"]', "columns has 'a' twice, at 0 and 2"),
        ('[input]\ncolumns = ["a"]\nimage = {}', "columns and image exclude each other"),
        ("[output]\nlabels = []", "labels must be a list of texts, not []"),
        ('[output]\nlabels = "no.txt"', "labels is 'no.txt', but there is no such file"),
        ('[output]\nlabels = "../labels.txt"', "labels is '../labels.txt', which is outside the folder"),
        ('[output]\nkind = "logit"', "kind is 'logit'; it must be logits, probabilities, values or tensors"),
        ("[output]\nthreshold = 1.5", "threshold is 1.5; it must be from 0 to 1"),
        ("[output]\nthreshold = nan", "threshold is nan; it must be from 0 to 1"),
        ("[output]\ntemperature = true", "temperature must be a number, not True"),
        ("[output]\ntemperature = 0", "temperature is 0; it must be from 0.001 to 1000"),
        ("[input]\nimage = { size = [0, 224] }", "size has the side 0; it must be a whole number from 1 to 4096"),
        ("[input]\nimage = { size = [224.5, 224] }", "size has the side 224.5"),
        ("[input]\nimage = { size = [4096, 4096] }", "size is 4096x4096 pixels; at most 4194304 are allowed"),
        ("[input]\nimage = { size = 224 }", "size must be [height, width] or {shortest_edge = N}, not 224"),
        ("[input]\nimage = { size = { shortest_edge = 256 } }", "needs a crop_size"),
        ('[input]\nimage = { color = "BGR" }', "color is 'BGR'; it must be RGB or L"),
        ('[input]\nimage = { resample = "cubic" }', "resample is 'cubic'; it must be nearest,"),
        ("[input]\nimage = { image_mean = [0.5, 0.5] }", "image_mean has 2 numbers; it must have 1 or 3"),
        ("[input]\nimage = { image_std = [0, 1, 1] }", "every number must be above 0"),
        ("[input]\nimage = { colour = 1 }", "model.toml [input] [image]: unknown key 'colour'; did you mean color?"),
        ("[output]\nthreshold = -0.001", "threshold is -0.001; it must be from 0 to 1"),
        ("[output]\ntemperature = 1000.1", "temperature is 1000.1; it must be from 0.001 to 1000"),
        ("[input]\nimage = { size = [4097, 1] }", "size has the side 4097; it must be a whole number from 1 to 4096"),
        ("[inputs.a]\nshape = [1, 1, 1, 1, 1, 1, 1, 1, 1]", "shape must be a list of up to 8 whole numbers"),
        ("[inputs.a]\nshape = [4194305]", "whole numbers from 1 to 4194304, or -1"),
        ("[inputs.a]\nshape = [0]", "shape must be a list of up to 8 whole numbers"),
        ("[inputs.a]\naxis = 9", "axis must be a whole number from 0 to 8, not 9"),
        ("[inputs.a]\naxis = -1", "axis must be a whole number from 0 to 8, not -1"),
        ("[inputs.a]\naxis = true", "axis must be a whole number from 0 to 8, not True"),
        ('network = "gone.onnx"', "network is 'gone.onnx', but there is no such file"),
        ('network = "../iris.onnx"', "network is '../iris.onnx', which is outside the folder"),
        ('network = "iris"', "network is 'iris'; it must be a file .onnx, or network.py:make"),
        ('network = "iris.pt2"', "network 'iris.pt2' is not accepted: torch.export.load unpickles"),
        ('network = "iris.pkl"', "network 'iris.pkl' is not accepted: unpickling runs code from the file"),
        ('network = "iris.joblib"', "skl2onnx converts scikit-learn models"),
        ('network = "iris.pth"', "is not accepted: a whole model in such a file is a pickle"),
        ('weights = "iris.safetensors"', "weights belongs to a network from Python"),
        ("name = ", "model.toml cannot be read: Invalid value"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text)


def test_numbers_and_lists_may_reach_their_limits(tmp_path: Path) -> None:
    model = read(tmp_path, f"[output]\nlabels = {NAMES[1:]}\ntemperature = 1000\nthreshold = 1")
    assert (len(model.labels), model.temperature, model.threshold) == (1000, 1000.0, 1.0)
    assert read(tmp_path, "[output]\ntemperature = 0.001").temperature == 0.001
    assert len(read(tmp_path, f"[input]\ncolumns = {MANY[1:]}").columns) == 4096
    assert "there are 1001 labels; at most 1000 are allowed" in refused(tmp_path, f"[output]\nlabels = {NAMES}")
    assert "there are 4097 columns; at most 4096 are allowed" in refused(tmp_path, f"[input]\ncolumns = {MANY}")
    shape, axis = [-1, 4194304, 1, 1, 1, 1, 1, 1], 8
    stated = read(tmp_path, f"[inputs.a]\nshape = {shape}\naxis = {axis}").inputs["a"]
    assert (stated.shape, stated.axis) == (tuple(shape), axis)
    for size in ([2048, 2048], [4096, 1024], [1, 1]):
        image = read(tmp_path, f"[input]\nimage = {{ size = {size} }}").image
        assert image
        assert image.size == tuple(size)
    assert "at most 4194304 are allowed" in refused(tmp_path, "[input]\nimage = { size = [2048, 2049] }")


def test_weights_of_python_are_not_pickles(tmp_path: Path) -> None:
    (tmp_path / "network.py").write_text("")
    text = 'network = "network.py:make"\nweights = "weights.pkl"'
    assert "weights 'weights.pkl' is not accepted: it must be .safetensors" in refused(tmp_path, text)


def test_no_file_and_no_network(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"has no model\.toml: scripts/package --init"):
        folder.read(tmp_path)
    (tmp_path / "model.toml").write_text("")
    with pytest.raises(DeclarationError, match=r"the folder has 0 \.onnx files"):
        folder.read(tmp_path)


def test_labels_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("кошка\n犬\n")
    assert read(tmp_path, '[output]\nlabels = "labels.txt"').labels == ("кошка", "犬")
    (tmp_path / "index_to_name.json").write_text('{"1": ["n1", "dog"], "0": ["n0", "cat"]}')
    assert read(tmp_path, "").labels == ("cat", "dog")
    (tmp_path / "config.json").write_text('{"id2label": {"0": "crane", "1": "crane", "2": "ape"}, "other": 1}')
    assert read(tmp_path, "").labels == ("crane (0)", "crane (1)", "ape")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id2label": {"1": "a", "2": "b"}}', "config.json id2label has 2 keys, and lacks '0'"),
        ('{"id2label": ["a"]}', "config.json id2label must be an object"),
        ('{"id2label": {"0": 3}}', "config.json id2label has a label that is no text: 3"),
        ("[", "config.json is not JSON that can be read"),
        ("[]", "config.json must be a JSON object, not list"),
    ],
)
def test_labels_of_a_broken_config(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "config.json").write_text(content)
    assert message in refused(tmp_path, "")


def test_preprocessing_in_hugging_faces_file(tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(IMAGENET))
    assert read(tmp_path, "").image == ImageInput(
        shortest_edge=256,
        crop_size=(224, 224),
        resample="bicubic",
        rescale_factor=0.00392156862745098,
        image_mean=(0.485, 0.456, 0.406),
        image_std=(0.229, 0.224, 0.225),
    )


MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


@pytest.mark.parametrize(
    ("content", "size", "edge", "crop"),
    [  # as in google/vit-base, microsoft/resnet-50, convnext at 384 and CLIP
        ({"feature_extractor_type": "ViTFeatureExtractor", "size": 224}, (224, 224), None, None),
        ({"feature_extractor_type": "ConvNextFeatureExtractor", "size": 224, "crop_pct": 0.875}, None, 256, (224, 224)),
        ({"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 224}}, None, 256, (224, 224)),
        ({"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 384}}, (384, 384), None, None),
        (
            {"image_processor_type": "CLIPImageProcessor", "size": 224, "do_center_crop": True, "crop_size": 200},
            None,
            224,
            (200, 200),
        ),
    ],
)
def test_what_hugging_faces_file_leaves_to_its_processor(
    tmp_path: Path, content: dict[str, Any], size: object, edge: object, crop: object
) -> None:
    config = content | {"image_mean": MEAN, "image_std": STD}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    image = read(tmp_path, "").image
    assert image
    assert (image.size, image.shortest_edge, image.crop_size) == (size, edge, crop)
    assert (image.rescale_factor, image.image_mean, image.image_std) == (1 / 255, MEAN, STD)


def test_steps_that_are_off_are_not_done(tmp_path: Path) -> None:
    off = IMAGENET | {"do_center_crop": False, "do_normalize": False, "size": {"height": 32, "width": 48}}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(off))
    expected = ImageInput(size=(32, 48), resample="bicubic", rescale_factor=0.00392156862745098)
    assert read(tmp_path, "").image == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"crop_pct": 0, "image_processor_type": "ConvNextImageProcessor"}, "unknown key 'crop_pct'"),
        ({"crop_pct": 0.9}, "unknown key 'crop_pct'"),
        ({"do_pad": True}, "unknown key 'do_pad'"),
        (
            {"size": 224, "image_processor_type": "Own"},
            "size is the number 224, which some processors take as a square",
        ),
        ({"image_mean": None}, "do_normalize is true, and there is no image_mean"),
        ({"do_center_crop": None}, "there is a crop_size but no do_center_crop: set it to true or false"),
        ({"do_resize": 1}, "do_resize must be true or false, not 1"),
    ],
)
def test_steps_that_are_not_known_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(IMAGENET | change))
    assert message in refused(tmp_path, "")
