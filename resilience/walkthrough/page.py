"""docs/walkthrough.md and the JSON that it is made from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from inference.files import replace, replace_json
from resilience.faults.__main__ import commit
from resilience.walkthrough.walk import CLIENTS, MOST_SECONDS, Step
from training.reports import folders

COMMAND = "scripts/resilience walkthrough"
_JSON, _PAGE = "walkthrough.json", "walkthrough.md"

Results = dict[str, dict[str, Any]]


def publish(docs: Path, parts: Sequence[str], name: str, steps: Sequence[Step]) -> None:
    """Put the steps of a part in the place of those that it had, and write the page.

    parts  names of all, in their order
    """
    file = folders.results(docs) / _JSON
    known: Results = json.loads(file.read_text()) if file.exists() else {}
    about = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit(), "machine": machine.describe()}
    known[name] = about | {"steps": [asdict(step) | {"missed": step.missed} for step in steps]}
    found = {part: known[part] for part in parts if part in known}
    replace_json(file, found)
    replace(docs / _PAGE, page(found).encode())


def page(found: Results) -> str:
    """Return the page for the parts that were measured."""
    steps = [step for part in found.values() for step in part["steps"]]
    missed = [f"- {step['title']}: {problem}" for step in steps for problem in step["missed"]]
    said = dict.fromkeys(message for step in steps for message in step["said"])
    lines = [
        "# Walkthrough of the operators' documentation",
        "",
        f"`{COMMAND}` runs the commands of [operations.md](operations.md) and [gateway.md](gateway.md) in their order,"
        f" on a node of its own, while {CLIENTS.connections} clients ask over open connections. A request that is not"
        f" answered counts as lost. No answer may take longer than {MOST_SECONDS:g} s, but where a process is killed;"
        " what TorchServe or the gateway has in hand is lost when that process is killed.",
        "",
        "| step | seconds | requests | lost | wrong | refused | slowest answer |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(_row(step) for step in steps),
        "",
        *(["Missed:", "", *missed, ""] if missed else ["Nothing was missed.", ""]),
        "## Error messages",
        "",
        "What commands say that cannot be done. Each is one sentence, and names the remedy.",
        "",
        "```",
        *said,
        "```",
        "",
        *(f"{_measured(name, part)}  " for name, part in found.items()),
    ]
    return "\n".join(lines) + "\n"


def _row(step: Mapping[str, Any]) -> str:
    found = step["figures"]
    counts = [f"{found[name]:,}" for name in ("sent", "lost", "wrong", "refused")] if found else ["-"] * 4
    slowest = f"{1000 * found['slowest']:,.0f} ms" if found else "-"
    return f"| {step['title']} | {step['seconds']:.0f} | {' | '.join(counts)} | {slowest} |"


def _measured(name: str, part: Mapping[str, Any]) -> str:
    about = part["machine"]
    return f"Part {name}: {part['date']}, commit {part['commit']}, {about['cores']} cores ({about['processor']})."
