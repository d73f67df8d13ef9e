"""Table of the figures of an image, and its place in docs/deploy.md."""

from collections.abc import Mapping
from typing import Any

from scripts.building import throughput
from training.reports.markdown import section, table

MOST_ADDED = 320  # MB, without PyTorch
MOST_SECONDS = 5.0
LEAST_SHARE = 0.97


def rows(figures: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the figures as text, with limits and whether they are met. An image with PyTorch has no limits."""
    added, ready = figures["added"] / 1e6, figures["ready"]
    limits = "", ""
    if figures.get("parts", "serve") == "serve":
        limits = (
            _limit(f"{MOST_ADDED} MB", added <= MOST_ADDED),
            _limit(f"{MOST_SECONDS:.0f} s", ready <= MOST_SECONDS),
        )
    lines = [
        ("added to the base image", f"{added:.0f} MB", limits[0]),
        ("the whole image", f"{figures['size'] / 1e6:.0f} MB", ""),
        ("READY after", f"{ready:.1f} s", limits[1]),
        ("memory of all its processes when READY", f"{figures['memory'] / 1e6:.0f} MB", ""),
        ("build", f"{figures['built']:.0f} s", ""),
    ]
    if rates := figures.get("rates"):
        share = throughput.share(rates)
        lines.append(
            (
                "throughput, of that of the same node without a container",
                f"{share:.1%}",
                _limit(f"{LEAST_SHARE:.0%}", share >= LEAST_SHARE, "at least"),
            )
        )
        lines.append(("processor time of a request, the same", f"{throughput.share(figures['cpu']):.1%}", ""))
    return lines


def shown(figures: Mapping[str, Any]) -> str:
    return table(("figure", "measured", "limit"), rows(figures), left=3)


def written(page: str, figures: Mapping[str, Any]) -> str:
    """Return docs/deploy.md with the table. Raises ValueError if the page has no section for it."""
    engine, cores, clients = figures["engine"], figures["machine"]["cores"], figures["clients"]
    measured = f"Measured with {engine} on {cores} cores, by {clients} clients, over {figures['base']}."
    return section(page, "image", f"{shown(figures)}\n\n{measured}")


def _limit(words: str, met: bool, direction: str = "at most") -> str:
    return f"{direction} {words}: {'met' if met else '**missed**'}"
