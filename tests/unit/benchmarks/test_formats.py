"""The section on formats states the measured results in figures and in words."""

from typing import Any

import pytest

from benchmarks.formats import section

REFUSED = "the archive sees another digit than training on 2 of 10000 images"


def row(name: str, seconds: float, **changed: Any) -> dict[str, Any]:
    """Return a format whose calls all take this long, and that predicts as training does."""
    agreement = {"misread": 0, "distance": 0.0, "unequal": 0}
    figures = {f"p50_{count}_s": seconds * count for count in (1, 8, 64)}
    rates = {"rate_one_core": 1 / seconds, "rate_all_cores": 2 / seconds}
    plain = {"name": name, "about": f"what runs {name}", "requirements": "serve", "archive_bytes": 2_300_000}
    return {
        **plain,
        "load_s": 1.5,
        **figures,
        **rates,
        "agreement": agreement,
        "kept": True,
        "refused": None,
        **changed,
    }


@pytest.fixture
def content() -> dict[str, Any]:
    close = {"misread": 0, "distance": 1.2e-6, "unequal": 10_000}
    far = {"misread": 2, "distance": 0.024, "unequal": 10_000}
    return {
        "machine": {"processor": "a processor", "cores": "2"},
        "versions": {"torch": "2.14.1"},
        "images": 10_000,
        "tolerance": 1e-4,
        "default": "numpy",
        "rounds": 3,
        "formats": [
            row("eager", 1e-4),
            row("numpy", 4e-5, agreement=close),
            row("onnx", 3e-5, agreement=close, requirements="onnx"),
            row("int8", 1e-5, agreement=far, kept=False, refused=REFUSED),
        ],
    }


def cells(content: dict[str, Any], name: str) -> list[str]:
    (line,) = (line for line in section(content).splitlines() if line.startswith(f"| `{name}`"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_each_format_has_a_row_of_figures(content: dict[str, Any]) -> None:
    assert cells(content, "numpy")[2:] == [
        *("2.3 MB", "1.5 s", "40 us", "320 us", "2,560 us", "25,000/s", "50,000/s", "0", "1.2e-06", "yes"),
    ]


def test_parity_is_told_in_its_degree(content: dict[str, Any]) -> None:
    degrees = {name: cells(content, name)[-1] for name in ("eager", "onnx", "int8")}
    assert degrees == {"eager": "every bit", "onnx": "yes", "int8": "**no**"}


def test_the_rows_are_as_wide_as_the_head(content: dict[str, Any]) -> None:
    table = [line for line in section(content).splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {13}


def test_a_refused_format_wins_nothing_and_its_reason_is_told(content: dict[str, Any]) -> None:
    text = section(content)
    assert "Fastest that keeps parity, 1 image: `onnx`, 8: `onnx`, 64: `onnx`, 1,024: `onnx`." in text
    assert f"`int8` is refused: {REFUSED}." in text


def test_the_default_is_held_against_those_that_need_no_more(content: dict[str, Any]) -> None:
    assert "it is the fastest at 4 of these 4 sizes (1 image; 8; 64; 1,024)" in section(content)
    content["default"] = "eager"
    assert "it is the fastest at 0 of these 4 sizes (none)" in section(content)
