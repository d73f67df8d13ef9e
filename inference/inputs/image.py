"""Decoding of image files for a declared network, with the conversions of Hugging Face's image processors."""

import numpy as np
from PIL import Image

from inference.cost import Charge
from inference.declared.declaration import RESAMPLES, ImageInput
from inference.errors import InvalidImage
from inference.images import image_file, plain_png
from inference.spec import Rows
from inference.treatment import Treatment

# seconds per pixel of the image or of the result, measured with Pillow 13 on RGB, rounded up
_SECONDS = {"nearest": 3e-9, "box": 9e-9, "bilinear": 12e-9, "hamming": 11e-9, "bicubic": 16e-9, "lanczos": 22e-9}
_MOST_SIDE = 1 << 14  # pixels of a resized image
_CONVERT = 7e-9  # seconds per pixel


class ImageReader:
    """Decoder of image files to uint8 (height, width, channels), or (height, width) for grey."""

    def __init__(self, image: ImageInput) -> None:
        self._image = image
        self._filter = Image.Resampling(RESAMPLES.index(image.resample))
        self._seconds = _SECONDS[image.resample]
        height, width = image.size or (0, 0)
        cropped = image.crop_size not in (None, image.size)
        self._plain = Treatment("PNG", width, height) if image.size and not cropped else None

    def read(self, data: bytes, most: int, charge: Charge) -> tuple[Rows, Treatment]:
        """Decode one image file. Limits and errors are those of ``inference.images.image_file.read``."""

        if (plain := self._read_plain(data, most, charge)) is not None:
            return plain

        def convert(image: Image.Image) -> tuple[Rows, tuple[str, ...]]:
            return self._row(image, charge)

        return image_file.read(data, most, charge, image_file.WHOLE, convert)

    def _read_plain(self, data: bytes, most: int, charge: Charge) -> tuple[Rows, Treatment] | None:
        """Read a plain PNG file of the declared color and size; None for other files."""
        treatment = self._plain
        if treatment is None or treatment.width * treatment.height > most:
            return None
        row = plain_png.read(data, self._image.color, (treatment.width, treatment.height), charge)
        return None if row is None else (row, treatment)

    def _row(self, image: Image.Image, charge: Charge) -> tuple[Rows, tuple[str, ...]]:
        steps: list[str] = []
        size = self._resized(image.size)
        charge(image.width * image.height * _CONVERT)
        colored = self._colored(image, steps)
        if size != colored.size:
            charge(self._seconds * (colored.width * colored.height + size[0] * size[1]))
            colored = colored.resize(size, self._filter)
            steps.append(f"resized to {size[0]}x{size[1]}")
        crop = self._image.crop_size
        if crop and (crop[1], crop[0]) != colored.size:
            left, top = (colored.width - crop[1]) // 2, (colored.height - crop[0]) // 2
            colored = colored.crop((left, top, left + crop[1], top + crop[0]))  # pixels outside the image become black
            steps.append(f"cropped to {crop[1]}x{crop[0]}")
        return np.asarray(colored), tuple(steps)

    def _resized(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the width and the height after resizing."""
        image = self._image
        if image.size:
            return image.size[1], image.size[0]
        if image.shortest_edge is None:
            return size
        width, height = size
        edge = image.shortest_edge
        longest = _longest(edge * max(size) // min(size))
        return (edge, longest) if width <= height else (longest, edge)

    def _colored(self, image: Image.Image, steps: list[str]) -> Image.Image:
        """Return the image in the declared color. Numbers of 16 bits lose their lower byte; transparency is ignored."""
        if image.mode.startswith("I"):
            values = np.asarray(image)
            steps.append("16 bits to 8")
            image = Image.fromarray((np.clip(values, 0, 65535).astype(np.uint16) >> 8).astype(np.uint8))
        elif image.mode == "F":
            raise InvalidImage("the pixels of the image are floats", "send a file with 8 or 16 bits per channel")
        if image.mode == self._image.color:
            return image
        steps.append(f"converted to {self._image.color}")
        return image.convert(self._image.color)


def _longest(side: int) -> int:
    """Return the longer side after resizing. Raises InvalidImage if it is too long."""
    if side > _MOST_SIDE:
        raise InvalidImage(f"the image would become {side} pixels long", "send an image of usual proportions")
    return side
