"""Every runtime compared with PyTorch's, and the choice of the runtime of an archive."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl

from inference import bundle, runtimes
from inference.bundle import Bundle
from inference.runtimes import Runtime
from inference.runtimes.eager import Eager
from inference.runtimes.export import Exported
from model import SPEC
from model.pixels import Images
from serving.archives import conversion
from serving.archives.formats import FORMATS
from tests import recipe
from training.data.dataset import Dataset

CLOSE = {"int8": 2.0}  # logits: eight bits are coarse
OTHERS = [name for name in FORMATS if name != "eager"]


def unpacked(folder: Path, format_: str, loaded: Bundle) -> Path:
    """Return the files of a format in an unpacked archive."""
    folder.mkdir()
    for name, content in conversion.files(format_, loaded).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def folders(small: Bundle, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("formats")
    return {name: unpacked(root / name, name, small) for name in FORMATS}


@pytest.fixture(scope="module")
def loaded(folders: dict[str, Path], small: Bundle) -> dict[str, Runtime]:
    return {name: runtimes.load(folder, small) for name, folder in folders.items()}


@pytest.mark.parametrize("format_", OTHERS)
@pytest.mark.parametrize("count", [1, 2, 64, 255, 256, 257, 1000])
def test_it_gives_pytorchs_logits(loaded: dict[str, Runtime], mnist: Dataset, format_: str, count: int) -> None:
    images = mnist.test.images[:count]
    logits = loaded[format_].logits(images)
    assert logits.shape == (count, 10)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, loaded["eager"].logits(images), atol=CLOSE.get(format_, 1e-4))


def extremes() -> dict[str, Images]:
    noise = np.random.RandomState(0).randint(0, 256, (300, 28, 28)).astype(np.uint8)
    black = np.zeros((3, 28, 28), dtype=np.uint8)
    dot = black.copy()
    dot[1, 27, 27] = 255
    read_only = np.frombuffer(noise[:2].tobytes(), dtype=np.uint8).reshape(2, 28, 28)
    return {"noise": noise, "black": black, "one dot": dot, "white": black + np.uint8(255), "read-only": read_only}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("format_", [name for name in OTHERS if name != "int8"])
@pytest.mark.parametrize("kind", extremes())
def test_it_gives_them_for_any_pixels(loaded: dict[str, Runtime], format_: str, kind: str) -> None:
    images = extremes()[kind]
    np.testing.assert_allclose(loaded[format_].logits(images), loaded["eager"].logits(images), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("format_", FORMATS)
def test_it_leaves_the_images_alone(loaded: dict[str, Runtime], mnist: Dataset, format_: str) -> None:
    images = mnist.test.images[:300].copy()
    loaded[format_].logits(images)
    assert np.array_equal(images, mnist.test.images[:300])


def test_exported_logits_are_pytorchs_bit_for_bit(loaded: dict[str, Runtime], mnist: Dataset) -> None:
    images = mnist.test.images[:1000]
    assert np.array_equal(loaded["export"].logits(images), loaded["eager"].logits(images))


def test_numpys_products_stay_on_one_thread(loaded: dict[str, Runtime]) -> None:
    loaded["numpy"].logits(recipe.drawn(*range(10)))
    products = [pool for pool in threadpoolctl.threadpool_info() if pool["internal_api"] == "openblas"]
    assert all(pool["num_threads"] == 1 for pool in products)


@pytest.mark.parametrize("format_", FORMATS)
def test_the_note_decides(loaded: dict[str, Runtime], format_: str) -> None:
    kind = {"eager": "Eager", "numpy": "Numpy", "export": "Exported", "onnx": "Onnx", "int8": "Onnx"}[format_]
    assert type(loaded[format_]).__name__ == kind


@pytest.mark.parametrize("format_", FORMATS)
def test_a_gpu_gets_pytorch(folders: dict[str, Path], bundle_path: Path, format_: str) -> None:
    anew = bundle.load(bundle_path, SPEC)  # another copy, because its network is moved
    assert isinstance(runtimes.load(folders[format_], anew, "meta"), Eager)


def test_an_unknown_format_is_named_with_those_that_are_known(small: Bundle, tmp_path: Path) -> None:
    (tmp_path / runtimes.FILE).write_text("tflite\n")
    with pytest.raises(ValueError, match="'tflite'; known are eager, numpy, export, onnx, int8"):
        runtimes.load(tmp_path, small)


def test_an_archive_without_the_note_is_refused(small: Bundle, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"format\.txt"):
        runtimes.load(tmp_path, small)


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("data/sample_inputs/model.pt", b"\x80\x02."),
        ("data/weights/model_weights_config.json", b'{"config": {"w": {"use_pickle": true}}}'),
        ("data/constants/model_constants_config.json", b'{"config": {"c": {"use_pickle": true}}}'),
    ],
)
def test_a_program_with_a_pickle_is_refused_unread(
    folders: dict[str, Path], tmp_path: Path, part: str, content: bytes
) -> None:
    path = tmp_path / "model.pt2"
    with zipfile.ZipFile(folders["export"] / "model.pt2") as whole, zipfile.ZipFile(path, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, content if name.endswith(part) else whole.read(name))
    with pytest.raises(ValueError, match=r"which torch would unpickle|pickled payload"):
        Exported(path)
