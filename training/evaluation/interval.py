"""Confidence interval of a proportion."""

from scipy.stats import binomtest


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % score interval (Wilson, 1927) of ``hits`` in ``count``, within 0..1; (0, 1) if ``count`` is 0."""
    if not count:
        return 0.0, 1.0
    interval = binomtest(hits, count).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
