"""Results of a bundle on pictures from elsewhere: foreign digits, and pictures of no digit."""

from collections.abc import Iterable
from dataclasses import dataclass

from inference.classifier import Predictions
from training.digits.challenges import Challenge


@dataclass(frozen=True)
class ChallengeOutcome:
    """Counts of one challenge, n >= 1 images.

    accepted        predictions that were accepted
    confidence      mean confidence, 0..1
    right           right predictions; None where there is no digit to be right about
    accepted_right  the right ones of the accepted, or None
    counts          whether a service can be held to it: see Challenge
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
        """Return the share of correct predictions, 0..1; 0 without digits."""
        return (self.right or 0) / self.images

    @property
    def rejected(self) -> float:
        """Share that was not accepted, 0..1."""
        return 1.0 - self.accepted / self.images


def outcome(challenge: Challenge, predictions: Predictions) -> ChallengeOutcome:
    """Judge the predictions of a challenge of n >= 1 images."""
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
    """All together, every image counting once. They must be of one kind: digits, or none."""
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
