"""Image files for declared networks: the pixels of Hugging Face's processors, within the limits of all images."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from inference.cost import free
from inference.declared.declaration import Declaration, ImageInput
from inference.errors import InvalidImage, TooLarge
from inference.images.image_file import MAX_PIXELS
from inference.inputs import feed
from inference.inputs.image import ImageReader
from inference.inputs.named import Tensor
from inference.spec import Rows

RANDOM = np.random.default_rng(224)
PHOTO = RANDOM.integers(0, 256, (50, 71, 3)).astype(np.uint8)


def encoded(image: Image.Image, format_: str = "PNG") -> bytes:
    file = BytesIO()
    image.save(file, format_)
    return file.getvalue()


def read(image: Image.Image, declared: ImageInput, format_: str = "PNG") -> tuple[Rows, tuple[str, ...]]:
    row, treatment = ImageReader(declared).read(encoded(image, format_), MAX_PIXELS, free)
    return row, treatment.steps


@pytest.mark.parametrize(("color", "pixels"), [("RGB", PHOTO), ("L", PHOTO[..., 0])])
@pytest.mark.parametrize("format_", ["PNG", "BMP"])
def test_an_image_of_the_declared_size_passes_unchanged(color: str, pixels: Rows, format_: str) -> None:
    row, steps = read(Image.fromarray(pixels), ImageInput(color=color, size=(50, 71)), format_)
    assert row.tolist() == pixels.tolist()
    assert steps == ()


def test_a_png_of_the_declared_size_is_cropped() -> None:
    row, steps = read(Image.fromarray(PHOTO), ImageInput(size=(50, 71), crop_size=(40, 41)))
    assert row.tolist() == PHOTO[5:45, 15:56].tolist()
    assert steps == ("cropped to 41x40",)


@pytest.mark.parametrize("resample", ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"])
def test_resizing_is_pillows(resample: str) -> None:
    row, steps = read(Image.fromarray(PHOTO), ImageInput(size=(20, 30), resample=resample))
    expected = Image.fromarray(PHOTO).resize((30, 20), getattr(Image.Resampling, resample.upper()))
    assert (row == np.asarray(expected)).all()
    assert steps == ("resized to 30x20",)


@pytest.mark.parametrize(("width", "height", "size"), [(71, 50, (56, 40)), (50, 71, (40, 56)), (40, 40, (40, 40))])
def test_the_shortest_edge_keeps_proportions_and_the_crop_is_central(
    width: int, height: int, size: tuple[int, int]
) -> None:
    image = Image.fromarray(RANDOM.integers(0, 256, (height, width, 3)).astype(np.uint8))
    row, steps = read(image, ImageInput(shortest_edge=40, crop_size=(32, 30)))
    left, top = (size[0] - 30) // 2, (size[1] - 32) // 2
    expected = np.asarray(image.resize(size, Image.Resampling.BILINEAR))[top : top + 32, left : left + 30]
    assert (row == expected).all()
    assert steps[-1] == "cropped to 30x32"


def test_a_smaller_image_gets_a_black_border() -> None:
    row, _ = read(Image.fromarray(PHOTO[:3, :4]), ImageInput(crop_size=(6, 8)))
    expected = np.zeros((6, 8, 3), dtype=np.uint8)
    expected[2:5, 2:6] = PHOTO[:3, :4]
    assert row.tolist() == expected.tolist()


def test_other_modes_become_the_declared_color() -> None:
    grey = Image.fromarray(PHOTO[..., 0])
    row, steps = read(grey, ImageInput(size=(50, 71)))
    assert (row == PHOTO[..., :1]).all()
    assert steps == ("converted to RGB",)
    row, _ = read(Image.fromarray(PHOTO), ImageInput(color="L", size=(50, 71)))
    assert (row == np.asarray(Image.fromarray(PHOTO).convert("L"))).all()
    deep = Image.fromarray(PHOTO[..., 0].astype(np.uint16) * 257)
    row, steps = read(deep, ImageInput(color="L", size=(50, 71)))
    assert (row == PHOTO[..., 0]).all()
    assert steps == ("16 bits to 8",)


def test_a_jpeg_file_is_decoded_in_full() -> None:
    smooth = Image.fromarray(PHOTO).resize((1200, 900))
    row, _ = read(smooth, ImageInput(size=(30, 40)), "JPEG")
    whole = Image.open(BytesIO(encoded(smooth, "JPEG")))
    assert (row == np.asarray(whole.resize((40, 30), Image.Resampling.BILINEAR))).all()


def test_limits() -> None:
    reader = ImageReader(ImageInput(size=(20, 30)))
    with pytest.raises(TooLarge, match="71x50 pixels"):
        reader.read(encoded(Image.fromarray(PHOTO)), 1000, free)
    with pytest.raises(InvalidImage, match="not an image"):
        reader.read(b"\x89PNG\r\n\x1a\n", MAX_PIXELS, free)
    strip = Image.new("RGB", (2000, 1))
    with pytest.raises(InvalidImage, match="would become 80000 pixels long"):
        ImageReader(ImageInput(shortest_edge=40, crop_size=(32, 32))).read(encoded(strip), MAX_PIXELS, free)


def test_resizing_is_charged() -> None:
    charged: list[float] = []
    ImageReader(ImageInput(size=(2000, 2000))).read(encoded(Image.fromarray(PHOTO)), MAX_PIXELS, charged.append)
    assert charged[-1] > 4e6 * 5e-9


def declaration(shape: tuple[int, ...], image: ImageInput, datatype: str = "FP32") -> Declaration:
    return Declaration("own", Tensor("image", datatype, shape), (), "values", image=image)


def test_numbers_are_rescaled_and_normalised_by_channel() -> None:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    image = ImageInput(size=(50, 71), image_mean=mean, image_std=std)
    fed = feed.of(declaration((3, 50, 71), image))(np.stack([PHOTO, PHOTO[::-1]]))
    expected = (np.stack([PHOTO, PHOTO[::-1]]) / 255 - mean) / std
    np.testing.assert_allclose(fed, expected.transpose(0, 3, 1, 2), atol=1e-5)
    assert (fed.dtype.str, fed.flags.c_contiguous) == ("<f4", True)


@pytest.mark.parametrize(
    ("shape", "color", "datatype"),
    [
        ((50, 71, 3), "RGB", "FP32"),
        ((3, 50, 71), "RGB", "UINT8"),
        ((1, 50, 71), "L", "FP32"),
        ((50, 71, 1), "L", "FP16"),
        ((50, 71), "L", "FP64"),
    ],
)
def test_every_arrangement_of_channels(shape: tuple[int, ...], color: str, datatype: str) -> None:
    image = ImageInput(color=color, size=(50, 71), rescale_factor=1.0)
    stated = declaration(shape, image, datatype)
    rows = PHOTO[None] if color == "RGB" else PHOTO[None, ..., 0]
    fed = feed.of(stated)(rows)
    assert (fed.shape, fed.dtype) == ((1, *shape), stated.input.dtype)
    first = shape[0] == image.channels
    expected = rows.transpose(0, 3, 1, 2) if first and color == "RGB" else rows.reshape(fed.shape)
    assert (fed == expected).all()
