"""Challenges: digits of other sources and pictures without digits, which no training uses."""

from collections.abc import Callable, Mapping
from typing import Protocol

from training.digits.challenges import challenge_figures, library_pictures, surfaces, text
from training.digits.challenges.challenge import Challenge, seen
from training.digits.challenges.drawn import drawn
from training.digits.challenges.library_pictures import scans
from training.digits.challenges.paper import Files

__all__ = ["CHALLENGES", "Challenge", "drawn", "scans", "seen"]

_DIGITS = 1000
_OTHERS = 200  # pictures of each kind that is no digit


class Maker(Protocol):
    def __call__(self, count: int = _OTHERS, seed: int = 0) -> Challenge:
        """The same pictures for the same seed."""


def _others(name: str, make: Callable[[int, int], Files], *, counts: bool = True) -> Maker:
    return lambda count=_OTHERS, seed=0: Challenge(name, make(count, seed), None, counts)


_NO_DIGITS: Mapping[str, Callable[[int, int], Files]] = {
    "uniform noise": surfaces.noise,
    "inverted noise": surfaces.inverted_noise,
    "blank": surfaces.blank,
    "blank paper": surfaces.blank_paper,
    "checkerboards": surfaces.checkerboards,
    "letters": text.letters,
    "words": text.words,
    "numbers": text.numbers,
    "shapes": challenge_figures.shapes,
    "photographs": library_pictures.crops,
}
_LOOK_ALIKES: Mapping[str, Callable[[int, int], Files]] = {  # people too would take them for digits
    "letters like digits": text.letters_like_digits,
    "shapes like digits": challenge_figures.shapes_like_digits,
}
CHALLENGES: Mapping[str, Maker] = {
    "drawn digits": lambda count=_DIGITS, seed=0: drawn(count, seed),
    "scanned digits": lambda count=0, seed=0: scans(),  # there are only these
    **{name: _others(name, make) for name, make in _NO_DIGITS.items()},
    **{name: _others(name, make, counts=False) for name, make in _LOOK_ALIKES.items()},
}
