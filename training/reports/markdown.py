"""Markdown tables and formats of figures."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, stdev

from inference import files


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Return a table. Its first ``left`` columns are text, the others are figures."""
    marks = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, marks, *rows))


def wrapped(text: str) -> str:
    """Return a paragraph in lines of at most 120 characters."""
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)


def section(page: str, name: str, content: str) -> str:
    """Return the page with ``content`` between its marks ``<!-- NAME: made by COMMAND -->`` and ``<!-- /NAME -->``.

    Raises ValueError if the page has no such marks.
    """
    marks = re.compile(rf"(<!-- {re.escape(name)}: made by [^>]* -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
    if not marks.search(page):
        raise ValueError(f"the page has no section {name}")
    return marks.sub(lambda match: f"{match[1]}\n{content.strip()}\n\n{match[2]}", page)


def replace_section(page: Path, name: str, content: str) -> None:
    """Replace a section in the file of a page."""
    files.replace(page, section(page.read_text(), name, content).encode())


def percent(share: float) -> str:
    return f"{100 * share:.2f}"


def spread(shares: Sequence[float]) -> str:
    """Return the mean in percent, and the sample standard deviation if there are several values."""
    return percent(mean(shares)) + (f" ± {percent(stdev(shares))}" if len(shares) > 1 else "")


def rounded(value: float) -> str:
    """Return a value with three significant figures, or with two decimal places if it is less than 10."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def p_value(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"
