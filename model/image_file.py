"""Conversion of an image file in a common format to 28x28 pixels."""

import numpy as np
from PIL import Image

from inference.cost import Charge, free
from inference.images import image_file, plain_png
from inference.images.image_file import MAX_PIXELS, Draft
from inference.treatment import Treatment
from model import image_grey, pixels
from model.pixels import Images

_SIZE = (pixels.SIDE, pixels.SIDE)
_DRAFT = Draft(image_grey.SIDE, "L")
_IN_COLOUR = Draft(image_grey.SIDE)
_PLAIN = Treatment("PNG", *_SIZE)


def read(data: bytes, most: int = MAX_PIXELS, charge: Charge = free) -> tuple[Images, Treatment]:
    """Decode one image file to uint8 (28, 28) and its treatment, as ``inference.images.image_file.read`` does.

    A 28x28 grey image like MNIST's is unchanged.
    """
    image, treatment = decode(data, most, charge)
    if (treatment.width, treatment.height) != _SIZE:
        return image, treatment
    images, treatments = pixels.standardise(image[None], [treatment], charge)
    return images[0], treatments[0]


def decode(data: bytes, most: int = MAX_PIXELS, charge: Charge = free) -> tuple[Images, Treatment]:
    """Decode one image file as ``read`` does, but leave 28x28 images to ``pixels.standardise``, which takes batches."""
    if most >= pixels.PIXELS and (plain := plain_png.read(data, "L", _SIZE, charge)) is not None:
        return plain, _PLAIN

    is_faint = False

    def convert(image: Image.Image) -> tuple[Images, tuple[str, ...]]:
        nonlocal is_faint
        grey, steps = image_grey.read(image)
        is_faint = image_grey.is_faint(grey)
        if grey.shape == _SIZE:
            return np.rint(grey).astype(np.uint8), steps
        digit, more = pixels.normalise(grey, charge)
        return digit, steps + more

    digit, treatment = image_file.read(data, most, charge, _DRAFT, convert)
    if is_faint and treatment.format == "JPEG" and "grey" in treatment.steps:  # only the luminance was decoded
        return image_file.read(data, most, charge, _IN_COLOUR, convert)
    return digit, treatment
