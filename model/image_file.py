"""An image file in any common format: from its bytes to 28x28 pixels."""

import numpy as np
from PIL import Image

from inference.cost import Charge, free
from inference.images import image_file
from inference.images.image_file import MAX_PIXELS
from inference.treatment import Treatment
from model import image_grey, pixels
from model.pixels import Images


def read(data: bytes, most: int = MAX_PIXELS, charge: Charge = free) -> tuple[Images, Treatment]:
    """Decode one image file to uint8 (28, 28) and what was done to it; as ``inference.images.image_file.read``.

    A 28x28 grey image of light ink on dark passes bit for bit.
    """

    def convert(image: Image.Image) -> tuple[Images, tuple[str, ...]]:
        grey, steps = image_grey.read(image)
        if grey.shape != (pixels.SIDE, pixels.SIDE):
            digit, more = pixels.normalise(grey, charge)
            return digit, steps + more
        sent = np.rint(grey).astype(np.uint8)[None]
        images, (treatment,) = pixels.standardise(sent, [Treatment("", steps=steps)], charge)
        return images[0], treatment.steps

    return image_file.read(data, most, charge, image_grey.SIDE, convert)
