"""Pictures without a drawing: noise, blank pictures and checkerboards."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from model.pixels import SIDE
from training.digits.challenges import paper
from training.digits.challenges.paper import Cover, Files

_LEAST, _MOST = 12, 400  # pixels of the longer side


def files(make: Callable[[tuple[int, int], np.random.Generator], Cover], count: int, seed: int) -> Files:
    """Return ``count`` files, as PNG or JPEG: every second has 28x28 pixels, the others have random sizes."""
    rng = np.random.default_rng(seed)
    shapes = [(SIDE, SIDE) if index % 2 else paper.size(rng, _LEAST, _MOST) for index in range(count)]
    return tuple(paper.encoded(make(shape, rng)[..., None], rng) for shape in shapes)


def noise(shape: tuple[int, int], rng: np.random.Generator) -> Cover:
    """Return pixels of random shades."""
    return rng.random(shape, dtype=np.float32) * 255


def specks(shape: tuple[int, int], rng: np.random.Generator) -> Cover:
    """Return white pixels with few or many dark specks."""
    density = np.exp(rng.uniform(np.log(0.03), np.log(0.5)))
    darkness = noise(shape, rng) if rng.random() < 0.5 else np.full(shape, 255, np.float32)
    return np.where(rng.random(shape, dtype=np.float32) < density, 255 - darkness, np.float32(255))


def checkerboard(shape: tuple[int, int], rng: np.random.Generator) -> Cover:
    """Return fields of a 28th to a half of the side, in two shades that differ by at least 40."""
    side = min(shape)
    field = max(1, round(side / np.exp(rng.uniform(np.log(2), np.log(28)))))
    y, x = ((np.arange(length) + int(rng.integers(0, 2 * field))) // field for length in shape)
    dark = rng.uniform(0, 215) if rng.random() < 0.5 else 0.0
    light = rng.uniform(dark + 40, 255) if rng.random() < 0.5 else 255.0
    return np.where((y[:, None] + x) % 2, np.float32(light), np.float32(dark))


def blank(count: int, seed: int) -> Files:
    """Return files of one shade each: white, black and grey in turn, of random sizes."""
    rng = np.random.default_rng(seed)
    shades = [(255, 0, int(rng.integers(1, 255)))[index % 3] for index in range(count)]
    return tuple(_plain(shade, rng) for shade in shades)


def _plain(shade: int, rng: np.random.Generator) -> bytes:
    height, width = (SIDE, SIDE) if rng.random() < 0.3 else paper.size(rng, _LEAST, 1000)
    image = Image.new("L", (width, height), shade)
    return paper.png(image) if rng.random() < 0.5 else paper.jpeg(image, int(rng.integers(30, 96)))


def blank_paper(count: int, seed: int) -> Files:
    """Return photographs of an empty page, with grain and uneven light."""
    rng = np.random.default_rng(seed)
    pages = (np.zeros(paper.size(rng, _LEAST, 1000), dtype=np.float32) for _ in range(count))
    return tuple(paper.photographed(page, rng) for page in pages)
