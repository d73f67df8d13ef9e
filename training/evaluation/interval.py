"""Confidence interval of a measured share."""

import math

_Z = 1.959964  # 95 % of a normal distribution lie within as many standard deviations


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % score interval of a share of ``hits`` in ``count`` (Wilson, 1927), within 0..1; 0..1 itself of none."""
    if not count:
        return 0.0, 1.0
    share, pull = hits / count, _Z * _Z / count
    centre = (share + pull / 2.0) / (1.0 + pull)
    half = _Z / (1.0 + pull) * math.sqrt(share * (1.0 - share) / count + pull / (4.0 * count))
    # Rounding may put a bound on the wrong side of the share: by 1e-16, for none or all of them.
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
