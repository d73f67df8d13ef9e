"""The page as Gradio serves it.

It is one component of our own, a gr.HTML with its template, style and script, and not a Sketchpad beside a Label: the
Sketchpad brings layers, a toolbar and a crop tool before the first stroke, has no way to draw by keyboard, and sends
what is drawn through a queue, so that no probabilities follow the pen. Gradio does the rest: it serves the page,
follows light and dark, and carries the questions to Python.
"""

from pathlib import Path
from typing import Any

import gradio as gr

from playground import examples, limits
from playground.answers import PageAnswers, Question, Reply

_WEB = Path(__file__).with_name("web")
# each uses those before it; the last one begins
_SCRIPTS = ("latest", "pad", "pixels", "result", "links", "shrink", "page")
_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")  # the reader's own: none is fetched
_MONO = ("ui-monospace", "Menlo", "Consolas", "monospace")


def page(answers: PageAnswers) -> gr.Blocks:
    """Return the page with everything it needs but the server."""

    # Gradio marks what it is given, which cannot be done to a bound method.
    def status(question: Question) -> Reply:
        return answers.status(question)

    def predict(question: Question) -> Reply:
        return answers.predict(question)

    def explain(question: Question) -> Reply:
        return answers.explain(question)

    with gr.Blocks(title="Draw a digit", analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(
            html_template=_read("page.html"),
            css_template=_read("page.css"),
            js_on_load="\n".join(_read(f"{name}.js") for name in _SCRIPTS),
            apply_default_css=False,
            server_functions=[status, predict, explain],
            examples=examples.load(),
            most_bytes=limits.FILE_BYTES,
            most_side=limits.SIDE,
            most_pixels=limits.PIXELS,
        )
    blocks.state_session_capacity = limits.SESSIONS  # a client names its session, so it could name any number
    return blocks


def look() -> dict[str, Any]:
    """Gradio's own part of the look, for ``mount_gradio_app``: system fonts, our colours, and no footer."""
    theme = gr.themes.Base(font=_FONTS, font_mono=_MONO).set(
        body_background_fill="#f5f5f3", body_background_fill_dark="#15171b"
    )
    return {"theme": theme, "css": _read("frame.css"), "footer_links": [], "run_history": False}


def _read(name: str) -> str:
    return (_WEB / name).read_text()
