"""The section of docs/performance.md on requests while the node is changed, from benchmarks.changes."""

import statistics

from benchmarks.results import Content
from benchmarks.targets import Target
from training.reports.markdown import rounded, table

FILE = "changes.json"
CLIENTS = 8
OPEN_CLIENTS, OPEN_SHARE = 64, 0.4  # connections, and the share of the rate that the busy ones reach
_MOST_GROWTH = 2.0  # times, of the p99
_WORDS = {"add": "is added", "rollout": "is rolled out", "remove": "is removed"}

_TEXT = """## While another model is changed

Requests for digits (raw pixels, through the gateway) while `scripts/models` and `scripts/rollout` add a small model to
the node, roll out a version of it and remove it, on {cores} cores ({processor}). {clients} clients send their next
request as soon as the one before is answered; or {rate:,.0f} requests a second are sent evenly, {share:.0%} of what
these clients reach. p99 in ms, in the seconds before a change and from its start on; medians of {rounds} changes. All
requests were answered.

{figures}
"""


def section(content: Content) -> str:
    rows = []
    for way, kinds in content["figures"].items():
        for kind, changes in kinds.items():
            growths = _growths(changes)
            figures = [rounded(_median(changes, name)) for name in ("before", "during")]
            spread = f"{min(growths):.1f} to {max(growths):.1f}"
            longest = max(change["seconds"] for change in changes)
            row = (_way(content, way), kind, *figures, f"{statistics.median(growths):.2f}x", spread, f"{longest:.1f} s")
            rows.append(row)
    return _TEXT.format(
        cores=content["machine"]["cores"],
        processor=content["machine"]["processor"],
        clients=CLIENTS,
        rate=content["rates"]["open"],
        share=OPEN_SHARE,
        rounds=len(content["figures"]["closed"]["add"]),
        figures=table(("requests from", "change", "p99 before", "during", "growth", "all", "slowest"), rows, left=2),
    )


def targets(content: Content) -> list[Target]:
    """Return the target for the growth of p99 in each way of sending requests, by each change."""
    return [
        _target(content, way, kind, changes)
        for way, kinds in content["figures"].items()
        for kind, changes in kinds.items()
    ]


def _target(content: Content, way: str, kind: str, changes: list[Content]) -> Target:
    growth = statistics.median(_growths(changes))
    before, during = (_median(changes, name) for name in ("before", "during"))
    words = f"a model {_WORDS[kind]}: p99 of another at {_way(content, way)} at most doubles"
    return Target(words, f"{growth:.2f} x: {during:.1f} ms against {before:.1f} ms", growth <= _MOST_GROWTH)


def _way(content: Content, way: str) -> str:
    rate = content["rates"][way]
    return f"{rate:,.0f} requests/s" if rate else f"{CLIENTS} clients"


def _growths(changes: list[Content]) -> list[float]:
    return [change["during"] / change["before"] for change in changes]


def _median(changes: list[Content], name: str) -> float:
    return float(statistics.median(change[name] for change in changes))
