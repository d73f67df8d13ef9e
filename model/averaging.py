"""Averaging of pictures to the size at which ink is detected. It removes noise and limits the cost."""

from PIL import Image

SIDE = 224


def averaged(image: Image.Image) -> Image.Image:
    """Return a grey image of bytes or floats. If its longest side is over 224 pixels, it is averaged to 224."""
    longest = max(image.size)
    if longest <= SIDE:
        return image
    width, height = (max(1, round(side * SIDE / longest)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BOX)
