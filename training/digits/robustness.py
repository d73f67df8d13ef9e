"""Results of a bundle on the challenges: digits of other sources, and pictures without digits."""

from collections.abc import Iterable
from dataclasses import dataclass

from inference.classifier import Predictions
from training.digits.challenges import Challenge


@dataclass(frozen=True)
class ChallengeOutcome:
    """Results for one challenge of n >= 1 images.

    accepted        number of accepted predictions
    confidence      mean confidence, 0..1
    right           number of right predictions; None if the pictures show no digits
    accepted_right  number of right predictions among the accepted, or None
    counts          False if the targets leave the challenge out: see Challenge
    """

    name: str
    images: int
    accepted: int
    confidence: float
    right: int | None = None
    accepted_right: int | None = None
    counts: bool = True

    @property
    def accuracy(self) -> float:
        """Return the share of right predictions, 0..1; 0 if the pictures show no digits."""
        return (self.right or 0) / self.images

    @property
    def rejected(self) -> float:
        """Return the share of predictions that were not accepted, 0..1."""
        return 1.0 - self.accepted / self.images


def outcome(challenge: Challenge, predictions: Predictions) -> ChallengeOutcome:
    """Return the results for a challenge of n >= 1 images."""
    accepted, labels = predictions.accepted, challenge.labels
    right = None if labels is None else predictions.classes == labels
    return ChallengeOutcome(
        challenge.name,
        images=len(accepted),
        accepted=int(accepted.sum()),
        confidence=float(predictions.confidences.mean()),
        right=None if right is None else int(right.sum()),
        accepted_right=None if right is None else int((right & accepted).sum()),
        counts=challenge.counts,
    )


def total(outcomes: Iterable[ChallengeOutcome], name: str) -> ChallengeOutcome:
    """Return the results for all images together. Either all challenges show digits or none does."""
    parts = list(outcomes)
    images = sum(part.images for part in parts)
    is_digits = all(part.right is not None for part in parts)
    return ChallengeOutcome(
        name,
        images,
        accepted=sum(part.accepted for part in parts),
        confidence=sum(part.confidence * part.images for part in parts) / images,
        right=sum(part.right or 0 for part in parts) if is_digits else None,
        accepted_right=sum(part.accepted_right or 0 for part in parts) if is_digits else None,
    )
