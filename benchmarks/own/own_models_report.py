"""The section of docs/performance.md on own models, from the measurements of benchmarks.own."""

from collections.abc import Mapping
from typing import Any

from benchmarks.results import Content
from benchmarks.tables import milliseconds
from benchmarks.targets import Target
from training.reports.markdown import table

FILE = "own.json"
_OURS = "ours"
_FORMS = {"json": "JSON", "png": "the file as the body", "base64": "base64 in JSON"}
_LEADS = {"table": {"fastapi": 2.0, "litserve": 10.0, "bentoml": 10.0}, "image": {"fastapi": 2.0}}  # at 64 clients
_CLIENTS = 64

_TEXT = """## Own models

The same ONNX files behind this service and behind peers, which run them by ONNX Runtime on one thread a process. One
example a request; requests/s as the median of {rounds} rounds, and p50 / p99 in milliseconds. Each server was started
afresh, gave the model's probabilities for 100 requests, was warmed up for {warm_up:g} s, and was measured for
{seconds:g} s at each number of clients with every answer checked. {machine}

{tables}

{settings}
"""


def section(content: Content) -> str:
    cases = [f"### {title[0].upper()}{title[1:]}\n\n{_case(content, name)}" for name, title in content["cases"].items()]
    rows = [
        (server["title"], server["settings"], _forms(server["forms"]), _versions(server["versions"]))
        for server in content["servers"]
    ]
    machine = content["machine"]
    return _TEXT.format(
        rounds=content["rounds"],
        warm_up=content["warm_up"],
        seconds=content["seconds"],
        machine=f"{machine['processor']}, {machine['cores']} cores.",
        tables="\n\n".join(cases),
        settings=table(("server", "settings", "an image comes as", "versions"), rows, left=4),
    )


def targets(content: Content) -> list[Target]:
    """Return the leads over each peer at 64 clients, and whether they were reached."""
    return [
        _lead(content, case, name, factor)
        for case, leads in _LEADS.items()
        for name, factor in leads.items()
    ]  # fmt: skip


def _lead(content: Content, case: str, name: str, factor: float) -> Target:
    title = next(server["title"] for server in content["servers"] if server["name"] == name)
    mine, theirs = (_rate(content, case, server) for server in (_OURS, name))
    words = f"own models, {case}, {_CLIENTS} clients: {factor:g} x {title}"
    return Target(words, f"{mine / theirs:.2f} x: {mine:,.0f}/s against {theirs:,.0f}/s", mine >= factor * theirs)


def _case(content: Content, case: str) -> str:
    clients = sorted({entry["clients"] for entry in content["figures"]})
    rows = []
    for server in content["servers"]:
        figures = [_figures(content, case, server["name"], number) for number in clients]
        rows.append((server["title"], *(cell for entry in figures for cell in _cells(entry))))
    return table(("clients", *(head for number in clients for head in (str(number), "p50 / p99"))), rows)


def _cells(figures: Mapping[str, Any]) -> tuple[str, str]:
    times = f"{milliseconds(figures['p50'])} / {milliseconds(figures['p99'])}"
    return f"{figures['rate']:,.0f}", times


def _rate(content: Content, case: str, server: str) -> float:
    return float(_figures(content, case, server, _CLIENTS)["rate"])


def _figures(content: Content, case: str, server: str, clients: int) -> Mapping[str, Any]:
    figures: Mapping[str, Any] = next(
        entry
        for entry in content["figures"]
        if (entry["case"], entry["server"], entry["clients"]) == (case, server, clients)
    )
    return figures


def _forms(forms: Mapping[str, str]) -> str:
    return _FORMS[forms["image"]]


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
