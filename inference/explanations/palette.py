"""Colours of attributions, from blue (below 0) over white to orange, distinct for every kind of colour vision."""

import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.uint8]  # (..., 3)

# Both sides are darker for larger values, so that strength is visible in grey, too (Brewer's PuOr and Blues).
_ANCHORS = np.array(
    [(8, 48, 107), (33, 113, 181), (107, 174, 214), (255, 255, 255), (253, 174, 97), (217, 95, 14), (127, 39, 4)],
    dtype=np.float64,
)
_PLACES = np.linspace(-1.0, 1.0, len(_ANCHORS))


def colours(values: npt.NDArray[np.floating]) -> Colours:
    """Return RGB of values from -1 (dark blue) over 0 (white) to 1 (dark orange); values outside are clipped."""
    channels = [np.interp(values, _PLACES, channel) for channel in _ANCHORS.T]
    pixels: Colours = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return pixels
