"""Report docs/walkthrough.md and its JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from inference.files import replace
from resilience import store
from resilience.walkthrough.walk import CLIENTS, MOST_SECONDS, Step
from training.reports.markdown import table
from training.reports.page import render

COMMAND = "scripts/resilience walkthrough"

Results = dict[str, dict[str, Any]]


def publish(docs: Path, parts: Sequence[str], name: str, steps: Sequence[Step]) -> None:
    """Replace the steps of a part in the JSON, and write the page.

    parts  names of all parts, in their order
    """
    about = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": store.commit(), "machine": machine.describe()}
    measured = about | {"steps": [asdict(step) | {"missed": step.missed} for step in steps]}
    replace(docs / "walkthrough.md", page(store.put(docs, "walkthrough", name, measured, parts)).encode())


def page(results: Results) -> str:
    """Return the page for the parts that were measured."""
    steps = [step for part in results.values() for step in part["steps"]]
    missed = [f"- {step['title']}: {problem}" for step in steps for problem in step["missed"]]
    messages = dict.fromkeys(message for step in steps for message in step["messages"])
    return render(
        __file__,
        command=COMMAND,
        clients=CLIENTS,
        most=MOST_SECONDS,
        steps=table(("step", "seconds", "requests", "lost", "wrong", "refused", "slowest answer"), map(_row, steps)),
        missed="\n".join(["Missed:", "", *missed] if missed else ["No requirement was missed."]),
        messages="".join(f"{message}\n" for message in messages),
        parts="\n".join(_measured(name, part) for name, part in results.items()),
    )


def _row(step: Mapping[str, Any]) -> tuple[str, ...]:
    figures = step["figures"]
    counts = [f"{figures[name]:,}" for name in ("sent", "lost", "wrong", "refused")] if figures else ["-"] * 4
    slowest = f"{1000 * figures['slowest']:,.0f} ms" if figures else "-"
    return (step["title"], f"{step['seconds']:.0f}", *counts, slowest)


def _measured(name: str, part: Mapping[str, Any]) -> str:
    about = part["machine"]
    return f"Part {name}: {part['date']}, commit {part['commit']}, {about['cores']} cores ({about['processor']}).  "
