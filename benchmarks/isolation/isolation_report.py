"""Report docs/isolation.md: cost of explanations for predictions."""

from collections.abc import Mapping
from typing import Any

from benchmarks.performance_tables import target_rows
from benchmarks.targets import Target
from training.reports.markdown import rounded, table
from training.reports.page import render

CHOSEN = "nice"
MOST_GROWTH = 2.0  # largest ratio of the p99 at 8 clients with and without explanations
MOST_GRADIENTS, MOST_SURROGATE = 20.0, 1500.0  # ms
_MIB = 2**20
_STREAMS = {"default": "default samples", "most": "maximum samples"}

_HEAD = (
    "arrangement",
    "explanations",
    "8 clients: p50",
    "p99",
    "growth",
    "paced: p50",
    "p99",
    "max",
    "growth of p99",
)


def write(contents: Mapping[str, Mapping[str, Any]], machine: Mapping[str, str], command: str) -> str:
    """Return the page on the results of ``measure.run`` by arrangement. They must include the chosen arrangement."""
    chosen = contents[CHOSEN]
    return render(
        __file__,
        command=command,
        machine=machine,
        chosen=chosen,
        predictions=_predictions(contents),
        targets=target_rows(targets(chosen)),
        alone=_methods(chosen),
        before=chosen["memory"]["before"] / _MIB,
        after=chosen["memory"]["after"] / _MIB,
    )


def targets(chosen: Mapping[str, Any]) -> list[Target]:
    """Return the targets for the cost of explanations, with the measured values of the chosen arrangement."""
    predictions, methods = chosen["predictions"], chosen["methods"]
    growth = {name: predictions[name]["p99"] / predictions["none"]["p99"] for name in _STREAMS}
    text = ", ".join(f"{growth[name]:.2f}x with {words}" for name, words in _STREAMS.items())
    p50 = {name: methods[name]["p50"] for name in methods}
    surrogates = max(p50["lime"], p50["kernel_shap"])
    return [
        Target(f"p99 at 8 clients grows by at most {MOST_GROWTH:.0f}x", text, max(growth.values()) <= MOST_GROWTH),
        Target(
            f"integrated gradients: p50 at most {MOST_GRADIENTS:.0f} ms at one client",
            f"{p50['integrated_gradients']:.1f} ms",
            p50["integrated_gradients"] <= MOST_GRADIENTS,
        ),
        Target(
            f"LIME and KernelSHAP: p50 at most {MOST_SURROGATE:,.0f} ms",
            f"{p50['lime']:.1f} ms and {p50['kernel_shap']:.1f} ms",
            surrogates <= MOST_SURROGATE,
        ),
    ]


def _predictions(contents: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for content in contents.values():
        quiet = content["predictions"]["none"]
        for name, words in {"none": "none", **_STREAMS}.items():
            now = content["predictions"][name]
            stream = words if name == "none" else f"{content['slowest']}, {words}"
            figures = [rounded(now[key]) for key in ("p50", "p99", "paced_p50", "paced_p99", "paced_most")]
            growth = [f"{now[key] / quiet[key]:.2f}x" for key in ("p99", "paced_p99")]
            rows.append((content["title"], stream, *figures[:2], growth[0], *figures[2:], growth[1]))
    return table(_HEAD, rows, left=2)


def _methods(chosen: Mapping[str, Any]) -> str:
    rows = [
        (name, *(rounded(method[key]) for key in ("p50", "p99", "most")), rounded(chosen["most"][name]["p50"]))
        for name, method in chosen["methods"].items()
    ]
    return table(("method", "p50", "p99", "max", "p50 with maximum samples"), rows)
