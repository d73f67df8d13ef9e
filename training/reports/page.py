"""Pages from Jinja templates in Markdown."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from training.reports.markdown import percent, rounded, wrapped


def render(module: str, functions: Sequence[Callable[..., Any]] = (), /, **values: Any) -> str:
    """Return the page of the template in the .md file beside a module. ``module`` is ``__file__``.

    The newline after a tag is dropped, unless the tag ends with ``+%}``.

    functions  available in the template by their own names
    values     available in the template by their names

    Filters: ``form`` is Python's ``format``; ``paragraph`` and ``item`` wrap the lines of a block.
    Raises jinja2.UndefinedError for a name without a value.
    """
    environment = Environment(  # noqa: S701 - this is no HTML
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
    )
    environment.filters |= {"form": format, "percent": percent, "rounded": rounded, "paragraph": _paragraph}
    environment.filters["item"] = _item
    names = {function.__name__: function for function in functions}
    template = Path(module).with_suffix(".md").read_text()
    return environment.from_string(template).render(values, **names)


def _paragraph(text: str) -> str:
    return f"{wrapped(text)}\n"


def _item(text: str) -> str:
    return _paragraph(f"- {text}").replace("\n", "\n  ").rstrip(" ")
