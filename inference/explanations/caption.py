"""Texts in the picture of an explanation."""

from typing import NamedTuple


class Caption(NamedTuple):
    """Texts of the picture.

    title   prediction, and the question that the picture answers
    about   method of explanation, and probability or base of the target
    lower   meaning of a share below 0
    higher  meaning of a share above 0
    """

    title: str
    about: str
    lower: str
    higher: str


def percent(share: float) -> str:
    """Return a probability, 0..1, as a percentage that is never rounded to 0 or 100."""
    if share > 0.999:
        return "over 99.9 %"
    return f"{100 * share:.1f} %" if share >= 0.001 else "under 0.1 %"


def short(text: str, most: int = 24) -> str:
    """Return a text, shortened to at most ``most`` characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
