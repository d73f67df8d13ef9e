"""What the images look like that the model was made for, in a few numbers: the measure for whether it still gets such.

Four statistics of an image, each in ten bins that hold a tenth of the training images each. How far the shares of what
is sent are from the training's is the population stability index (PSI), sum((sent - training) * ln(sent / training)):
below 0.1 they are alike, above 0.25 they are not (Siddiqi, Credit Risk Scorecards, 2006).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from model.pixels import PIXELS, SIDE, Images

FILE = "reference.json"
STATISTICS = ("ink", "row", "column", "spread")
BINS = 10
_DECIMALS = 5  # of an edge: float32 gives no more on every machine

Shares = Mapping[str, list[float]]


def _moments() -> npt.NDArray[np.float32]:
    """float32 (784, 4), for sums over an image's pixels: of ink, of its rows, columns and squares of distance."""
    row, column = (axis.ravel() - (SIDE - 1) / 2 for axis in np.mgrid[:SIDE, :SIDE])
    return np.stack([np.ones(PIXELS), row, column, row**2 + column**2], axis=1).astype(np.float32)


_MOMENTS = _moments()
_TURNS = np.arange(len(STATISTICS))
_STEPS = 1000.0 * _TURNS  # no statistic is as far from 0


@dataclass(frozen=True)
class Reference:
    """The training's images and what was predicted for images that the model had not seen.

    edges   float32 (4, 9): a statistic's bins are below the first, between two, and from the last on
    shares  in 0..1, by name: of the training's images in each bin of a statistic; ``digit``, of the digits 0..9 in
            training; ``abstained``, of the test images that were not accepted
    """

    edges: npt.NDArray[np.float32]
    shares: Shares

    @classmethod
    def of(cls, training: Images, digits: npt.NDArray[np.integer], accepted: npt.NDArray[np.bool_]) -> "Reference":
        """From training's images (n, 28, 28) and their digits (n,), and which of the test images were accepted (m,)."""
        found = statistics(training)
        edges = np.round(np.quantile(found, np.arange(1, BINS) / BINS, axis=0).T, _DECIMALS).astype(np.float32)
        counts = _histograms(found, _axis(edges))
        shares = dict(zip(STATISTICS, (counts / len(training)).tolist(), strict=True))
        shares["digit"] = (np.bincount(digits, minlength=10) / len(digits)).tolist()
        shares["abstained"] = [float(1.0 - accepted.mean())]
        return cls(edges, shares)

    def content(self) -> bytes:
        """The bytes of its file."""
        edges = {name: row.tolist() for name, row in zip(STATISTICS, self.edges, strict=True)}
        return orjson.dumps({"edges": edges, "shares": self.shares}, option=orjson.OPT_SORT_KEYS)

    @cached_property
    def _axis(self) -> npt.NDArray[np.float64]:
        return _axis(self.edges)

    def histograms(self, images: Images) -> npt.NDArray[np.int64]:
        """How many of the images (n, 28, 28) are in each bin of each statistic: int64 (4, 10)."""
        return _histograms(statistics(images), self._axis)


def load(path: Path) -> Reference | None:
    """The reference in the file ``path``; None if there is none, as in archives of before."""
    if not path.exists():
        return None
    content = orjson.loads(path.read_bytes())
    edges = np.array([content["edges"][name] for name in STATISTICS], dtype=np.float32)
    return Reference(edges, content["shares"])


def statistics(images: Images) -> npt.NDArray[np.float32]:
    """Of uint8 images (n, 28, 28), float32 (n, 4), in the order of STATISTICS.

    ink     the mean of the pixels, 0..1
    row     of the ink's centre of mass, in pixels below the middle
    column  of the same, in pixels right of the middle
    spread  the ink's mean square distance from its centre, in square pixels
    """
    moments: npt.NDArray[np.float32] = images.reshape(len(images), PIXELS).astype(np.float32) @ _MOMENTS
    ink, place = moments[:, 0], moments[:, 1:]
    place /= np.maximum(ink, 1.0)[:, None]  # a black image has its ink, all none of it, in the middle
    place[:, 2] -= place[:, 0] ** 2 + place[:, 1] ** 2
    ink /= 255.0 * PIXELS
    return moments


def _axis(edges: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """All edges on one axis, a step apart for each statistic, so that one search does for all: float64 (36,)."""
    return (edges + _STEPS[:, None]).ravel()


def _histograms(found: npt.NDArray[np.float32], axis: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    bins = axis.searchsorted(found + _STEPS, side="right") + _TURNS  # (n, 4); a statistic has a bin more than edges
    return np.bincount(bins.ravel(), minlength=len(STATISTICS) * BINS).reshape(-1, BINS)
