"""Challenges: digits of other sources and pictures without digits. No training uses them."""

from collections.abc import Callable, Mapping
from functools import partial

from training.digits.challenges import challenge_figures, library_pictures, paper, surfaces, text
from training.digits.challenges.challenge import Challenge, seen
from training.digits.challenges.drawn import drawn
from training.digits.challenges.library_pictures import scans
from training.digits.challenges.paper import Files
from training.digits.outliers.letters import LATIN, LOOK_ALIKES

__all__ = ["CHALLENGES", "Challenge", "drawn", "scans", "seen"]

_DIGITS = 1000
_OTHERS = 200  # pictures of each challenge without digits

Maker = Callable[..., Challenge]  # (count, seed), both with a default. The same seed gives the same pictures


def _others(name: str, make: Callable[[int, int], Files], *, counts: bool = True) -> Maker:
    return lambda count=_OTHERS, seed=0: Challenge(name, make(count, seed), None, counts)


_NO_DIGITS: Mapping[str, Callable[[int, int], Files]] = {
    "uniform noise": partial(surfaces.files, surfaces.noise),
    "inverted noise": partial(surfaces.files, surfaces.specks),
    "blank": surfaces.blank,
    "blank paper": surfaces.blank_paper,
    "checkerboards": partial(surfaces.files, surfaces.checkerboard),
    "letters": partial(paper.files, LATIN, text.file),
    "words": text.words,
    "numbers": text.numbers,
    "shapes": partial(paper.files, challenge_figures.SHAPES, challenge_figures.file),
    "photographs": partial(paper.files, library_pictures.PHOTOGRAPHS, library_pictures.piece),
}
_LOOK_ALIKES: Mapping[str, Callable[[int, int], Files]] = {  # people, too, read them as digits
    "letters like digits": partial(paper.files, LOOK_ALIKES, text.file),
    "shapes like digits": partial(paper.files, challenge_figures.LIKE_DIGITS, challenge_figures.file),
}
CHALLENGES: Mapping[str, Maker] = {
    "drawn digits": lambda count=_DIGITS, seed=0: drawn(count, seed),
    "scanned digits": lambda count=0, seed=0: scans(),  # their number is fixed
    **{name: _others(name, make) for name, make in _NO_DIGITS.items()},
    **{name: _others(name, make, counts=False) for name, make in _LOOK_ALIKES.items()},
}
