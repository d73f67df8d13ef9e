"""The size at which ink is looked for. Averaging larger pictures down to it removes noise and bounds the cost."""

from PIL import Image

SIDE = 224


def averaged(image: Image.Image) -> Image.Image:
    """Return a grey image, of bytes or floats, with its longest side averaged down to 224 pixels if it is longer."""
    longest = max(image.size)
    if longest <= SIDE:
        return image
    width, height = (max(1, round(side * SIDE / longest)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BOX)
