"""Preprocessing of pixels from clients to the format of the training data."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from inference import wide_numbers
from inference.cost import Charge, free, limited
from inference.errors import InvalidPixels
from inference.treatment import Treatment
from model import averaging, frame, illumination, likeness, specks
from model.illumination import Grey

SIDE = 28
PIXELS = SIDE * SIDE
_BOX = 20  # MNIST's digits fill a 20x20 box inside the 28x28 field (LeCun et al., 1998)
_LEAST_CONTRAST = 16.0  # of 255: a picture with less contrast between ink and background is blank
_NOISE_FLOOR = 0.1  # of the peak of the ink: paper grain and JPEG ringing are below it
_EVEN, _UNEVEN = 0.4e-3, 0.8e-3  # measured CPU seconds to normalise 28x28 pixels in even and uneven light
_LARGE = 0.8e-3  # further CPU seconds for a larger picture
_INK = 0.25  # of the peak of the ink: least value of a stroke when the digit is cropped

_BINARY = "scaled from 0 and 1"
_FEW_SHADES = 15.0  # largest number of 4 bits
_EVEN_SHARE = 0.5  # least share of background pixels in a picture of few shades; with less it is a dark photo
_BYTES = (
    "send one byte per pixel, 0 to 255: array.astype('uint8').tobytes(), multiplied by 255 before if the array is "
    "0 to 1; send pictures of another size as image files"
)
_HINT = "send at most 600 such images per request, or images in MNIST's format, which need no normalisation"

Images = npt.NDArray[np.uint8]  # (n, 28, 28), white ink on black


def standardise(
    images: Images, treatments: Sequence[Treatment], charge: Charge = free
) -> tuple[Images, Sequence[Treatment]]:
    """Normalise images that do not look like MNIST's; the others are unchanged.

    images      uint8 (n, 28, 28)
    treatments  treatments of the images so far
    charge      called with the estimated CPU seconds before the normalisation

    Raises TooLarge if it would take over 0.5 s, and InvalidPixels for raw numbers wider than a byte.
    """
    if are_normal(images):
        return images, treatments
    if len(images) > 1 and treatments[0].format == "raw" and (kind := wide_numbers.kind(images)):
        raise InvalidPixels(f"{len(images) * PIXELS} bytes look like {kind}, not like {len(images)} images", _BYTES)
    others = np.flatnonzero(~_as_they_are(images))
    count = len(others)
    limited(charge, lambda: f"normalise {count:,} images", _HINT)(_seconds(images[others]))
    images, treatments = images.copy(), list(treatments)
    for index in others:
        stretched, steps = _stretched(images[index].astype(np.float32))
        if steps:
            images[index] = np.rint(stretched)
        if not are_normal(images[index : index + 1]):
            images[index], more = normalise(stretched)
            steps += more
        treatments[index] = replace(treatments[index], steps=treatments[index].steps + steps)
    return images, treatments


def are_normal(images: Images) -> bool:
    """Return True if no image of (n, 28, 28) needs normalisation: all look like MNIST's or are black."""
    return likeness.all_look_like_mnist(images) or bool(_as_they_are(images).all())


def _as_they_are(images: Images) -> npt.NDArray[np.bool_]:
    """Return a mask, bool (n,), of the images (n, 28, 28) that need no normalisation."""
    return likeness.look_like_mnist(images) | ~has_ink(images)


def _seconds(images: Images) -> float:
    """Return the estimated CPU seconds to normalise images (n, 28, 28)."""
    borders = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)  # (n, 112)
    uneven = illumination.are_uneven(borders)
    return _EVEN * len(images) + (_UNEVEN - _EVEN) * int(uneven.sum())


def has_ink(images: Images) -> npt.NDArray[np.bool_]:
    """Return a mask, bool (n,), of the images (n, 28, 28) that are not black."""
    inked: npt.NDArray[np.bool_] = np.logical_or.reduce(images.reshape(len(images), PIXELS), axis=1)
    return inked


def normalise(grey: Grey, charge: Charge = free) -> tuple[Images, tuple[str, ...]]:
    """Convert a grey picture (height, width), 0..255, to MNIST's format: uint8 (28, 28) and the names of the steps.

    Uneven light is corrected. The ink is made light on dark, cropped, scaled into a 20x20 box with the same aspect, and
    centred by mass in 28x28 (LeCun et al., 1998, section III.A). The image of a picture without ink is black.
    ``charge`` is called with the estimated CPU seconds before the correction of light.
    """
    grey, first = _stretched(_averaged(grey))
    if (inner := frame.without(grey)) is not None:
        grey, first = inner, (*first, "frame removed")
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    uneven = illumination.is_uneven(border)
    charge((_UNEVEN if uneven else _EVEN) + (_LARGE if max(grey.shape) > SIDE else 0.0))
    ink, inverted = illumination.ink_of(grey) if uneven else _ink_of(grey, illumination.median(border))
    peak = float(ink.max())
    if peak < _LEAST_CONTRAST:
        return np.zeros((SIDE, SIDE), dtype=np.uint8), (*first, "blank")
    crop = specks.crop(ink, _INK * peak)
    box = _scaled(np.where(crop.ink < _NOISE_FLOOR * peak, np.float32(0.0), crop.ink))
    steps = ("light evened",) * uneven + ("inverted",) * inverted
    return _centred(box), (
        *first,
        *steps,
        *crop.steps,
        "cropped",
        f"scaled to {box.shape[1]}x{box.shape[0]}",
        "centred",
    )


def _stretched(grey: Grey) -> tuple[Grey, tuple[str, ...]]:
    """Scale a picture of 0..1, or of 0 to at most 15 on an even background, to 0..255. Return it with the steps."""
    peak = float(grey.max())
    if not 0.0 < peak <= _FEW_SHADES:
        return grey, ()
    if peak <= 1.0:
        return grey * np.float32(255.0), (_BINARY,)
    if grey.min() > 0.0 or max((grey == 0.0).mean(), (grey == peak).mean()) < _EVEN_SHARE:
        return grey, ()
    return grey * np.float32(255.0 / peak), (f"scaled from 0..{peak:.3g}",)


def _ink_of(grey: Grey, background: float) -> tuple[Grey, bool]:
    """Return the ink on a background of one shade, 0 for pixels without ink, and True if the ink is dark."""
    dark = background - float(grey.min()) > float(grey.max()) - background
    return np.maximum(background - grey if dark else grey - background, 0.0), dark


def _averaged(grey: Grey) -> Grey:
    if max(grey.shape) <= averaging.SIDE:
        return grey
    return np.asarray(averaging.averaged(Image.fromarray(grey)), dtype=np.float32)


def _scaled(ink: Grey) -> Grey:
    """Return the ink scaled to 20 pixels on the longest side and 255 for the brightest pixel."""
    height, width = (max(1, round(side * _BOX / max(ink.shape))) for side in ink.shape)
    box = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BILINEAR))
    return box * np.float32(255.0 / box.max())


def _centred(box: Grey) -> Images:
    height, width = box.shape
    total = box.sum()
    row = float(box.sum(axis=1) @ np.arange(height)) / total  # centre of mass
    column = float(box.sum(axis=0) @ np.arange(width)) / total
    top = min(max(round(SIDE / 2 - row), 0), SIDE - height)
    left = min(max(round(SIDE / 2 - column), 0), SIDE - width)
    image = np.zeros((SIDE, SIDE), dtype=np.uint8)
    image[top : top + height, left : left + width] = np.rint(box)
    return image
