"""Thresholds that a new version must pass."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gates:
    """Bounds that a new version must reach beside the live one.

    agreement   the share of samples for which both predict the same label, at least
    accuracy    how much lower its accuracy may be
    difference  of values and tensors, at most: relative to the largest number of the live version
    factor      how many times as long its p95 latency may be, with
    slack       seconds on top, for what is under the clock's noise
    """

    agreement: float = 0.99
    accuracy: float = 0.002
    difference: float = 0.1
    factor: float = 1.5
    slack: float = 0.001

    def allowed(self, p95: float) -> float:
        """The p95 latency, seconds, that a new version may have beside a live one with this."""
        return self.factor * p95 + self.slack
