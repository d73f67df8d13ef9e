"""Section of docs/faults.md on the failure of one node of three."""

from collections.abc import Mapping
from typing import Any

from resilience.cluster.clients import STEADY
from resilience.cluster.faults import FAULTS
from training.reports.markdown import rounded, table, wrapped

# Milliseconds: the edge waits for two stuck nodes, one after the other, before it tries a third. Each wait takes the
# edge's timeout server.
MOST_P99 = 1000.0
_HEAD = ("fault", "sent", "failed", "wrong", "p50", "p99", "max", "longest gap", "out", "READY", "back", "too early")

_TEXT = """## One node of three

{setting}

{faults}

| column | meaning |
| --- | --- |
| p50, p99, max | latency in ms, from the time at which the request was due |
| longest gap | longest time without any answer, in ms |
| out | seconds until the edge stopped sending requests to the node |
| READY | seconds from the fault's end until TorchServe reported a READY worker |
| back | seconds from the fault's end until the edge sent requests to the node again |
| too early | requests that the edge sent to the node between *out* and *back* |

{verdict}

"""


def section(results: Mapping[str, Mapping[str, Any]], machine: Mapping[str, str]) -> str:
    """Return the section with the figures of each fault; empty text if there are no figures."""
    if not results:
        return ""
    rows = [_row(fault.title, results[fault.name]) for fault in FAULTS if fault.name in results]
    return _TEXT.format(
        setting=wrapped(
            "`scripts/resilience cluster`: three nodes with TorchServe, supervisor and gateway run in network"
            f" namespaces of one machine with {machine['cores']} cores ({machine['processor']}). The edge"
            " ([serving/gateway/edge.cfg](../serving/gateway/edge.cfg)) distributes the requests. Clients send"
            f" {STEADY.rate:.0f} requests a second over {STEADY.connections} connections, at fixed times, whether"
            " earlier requests are answered or not. Every answer is compared with the model's."
        ),
        faults=table(_HEAD, rows),
        verdict=_verdict(results),
    )


def _row(title: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    times = figures["times"]
    counts = [f"{figures[name]:,}" for name in ("sent", "failed", "wrong")]
    latencies = [rounded(figures[name]) for name in ("p50", "p99", "most", "gap")]
    ready = rounded(times["ready"]) if times["ready"] else "always"
    return (title, *counts, *latencies, rounded(times["out"]), ready, rounded(times["back"]), str(times["astray"]))


def _verdict(results: Mapping[str, Mapping[str, Any]]) -> str:
    sent = sum(result["sent"] for result in results.values())
    bad = sum(result["failed"] + result["wrong"] for result in results.values())
    worst = max(result["p99"] for result in results.values())
    return wrapped(
        f"Of {sent:,} requests {bad:,} failed or got a wrong answer. The highest p99 is {rounded(worst)} ms. The tests"
        f" allow {MOST_P99:.0f} ms, the time that the edge waits for two nodes before it tries a third."
    )
