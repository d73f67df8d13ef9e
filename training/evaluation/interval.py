"""Confidence interval of a measured share."""

from scipy.stats import binomtest


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % score interval of a share of ``hits`` in ``count`` (Wilson, 1927), within 0..1; 0..1 itself of none."""
    if not count:
        return 0.0, 1.0
    interval = binomtest(hits, count).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
