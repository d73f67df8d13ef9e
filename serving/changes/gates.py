"""Gates: thresholds that a new version must pass."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gates:
    """Thresholds for a new version, relative to the live one.

    agreement   least share of samples with the same label from both
    accuracy    most loss of accuracy
    difference  most difference of values and tensors, relative to the largest number of the live version
    factor      most p95 latency, as a multiple of the live version's
    slack       seconds added to that, because the clock has noise
    """

    agreement: float = 0.99
    accuracy: float = 0.002
    difference: float = 0.1
    factor: float = 1.5
    slack: float = 0.001

    def allowed(self, p95: float) -> float:
        """Return the allowed p95 latency of a new version, from that of the live one, both in seconds."""
        return self.factor * p95 + self.slack
