"""Challenges: digits of other sources and pictures without digits, which no training uses."""

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from training.digits.challenges import challenge_figures, photographs, surfaces, text
from training.digits.challenges.challenge import Challenge, seen
from training.digits.challenges.drawn import drawn
from training.digits.challenges.scans import scans

__all__ = ["CHALLENGES", "Challenge", "Maker", "all_challenges", "drawn", "scans", "seen"]

_DIGITS = 1000
_OTHERS = 200  # pictures of each kind that is no digit


class Maker(Protocol):
    def __call__(self, *, seed: int = 0) -> Challenge:
        """The same pictures for the same seed."""


CHALLENGES: Mapping[str, Maker] = {
    "drawn digits": partial(drawn, _DIGITS),
    "scanned digits": lambda seed=0: scans(),  # there are only these
    "uniform noise": partial(surfaces.noise, _OTHERS),
    "inverted noise": partial(surfaces.inverted_noise, _OTHERS),
    "blank": partial(surfaces.blank, _OTHERS),
    "blank paper": partial(surfaces.blank_paper, _OTHERS),
    "checkerboards": partial(surfaces.checkerboards, _OTHERS),
    "letters": partial(text.letters, _OTHERS),
    "words": partial(text.words, _OTHERS),
    "numbers": partial(text.numbers, _OTHERS),
    "shapes": partial(challenge_figures.shapes, _OTHERS),
    "photographs": partial(photographs.crops, _OTHERS),
    "letters like digits": partial(text.letters_like_digits, _OTHERS),
    "shapes like digits": partial(challenge_figures.shapes_like_digits, _OTHERS),
}


def all_challenges(seed: int = 0) -> dict[str, Challenge]:
    """All of them by name: the digits first, last those that people too would take for digits."""
    return {name: make(seed=seed) for name, make in CHALLENGES.items()}
