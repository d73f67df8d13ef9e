"""The words of an explanation's picture."""

from typing import NamedTuple


class Caption(NamedTuple):
    """Texts of the picture.

    title   what was predicted, and what is explained
    about   the method, and how much there is to explain
    lower   meaning of a share below 0
    higher  meaning of a share above 0
    """

    title: str
    about: str
    lower: str
    higher: str


def percent(share: float) -> str:
    """Return a probability, 0..1, as text that is not rounded to certainty."""
    if share > 0.999:
        return "over 99.9 %"
    return f"{100 * share:.1f} %" if share >= 0.001 else "under 0.1 %"


def short(text: str, most: int = 24) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
