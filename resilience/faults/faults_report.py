"""Report docs/faults.md: effects of each fault on clients, compared with the bounds."""

from collections.abc import Mapping
from typing import Any

from resilience.attacks import attacks_report
from resilience.cluster import cluster_report
from resilience.cluster.clients import CROWD, STEADY
from resilience.faults import memory_soak, overload
from resilience.faults.fault_figures import SLOW
from resilience.faults.faults_plots import OVERLOAD_PICTURE, SOAK_PICTURE
from resilience.faults.flow import EDGE
from training.reports.markdown import rounded, table
from training.reports.page import render

_HEAD = ("fault", "sent", "right", "refused", "lost", "wrong", "slowest", "again", "steady", "bounds")

_MET = {True: "met", False: "**missed**"}

Row = Mapping[str, Any]


def write(results: Mapping[str, Row], command: str, cluster: Mapping[str, Any], attacks: Mapping[str, Row]) -> str:
    """Return the page of the results by fault, of a cluster, and of attacks."""
    figures = [row["figures"] for row in results.values()]
    checks = [(row["title"], check) for row in results.values() for check in row["checks"]]
    missed = sum(not check["met"] for _, check in checks)
    sections = (
        _overload(results["overload"]["facts"]) if "overload" in results else "",
        _soak(results["soak"]["facts"]) if "soak" in results else "",
        cluster_report.section(cluster.get("faults", {}), cluster.get("machine", {})),
        attacks_report.section(attacks),
    )
    return render(
        __file__,
        command=command,
        machine=next(iter(results.values()))["machine"],
        steady=STEADY,
        crowd=CROWD,
        sent=sum(row["sent"] for row in figures),
        wrong=sum(row["wrong"] for row in figures),
        missed=missed,
        were="was" if missed == 1 else "were",
        faults=table(_HEAD, map(_row, results.values())),
        slow=SLOW,
        sections="".join(f"{section}\n" for section in sections if section),
        bounds=table(
            ("fault", "bound", "measured", ""),
            [(title, check["demand"], check["measured"], _MET[check["met"]]) for title, check in checks],
            left=4,
        ),
        messages="\n".join(map(_messages, results.values())),
    )


def _overload(facts: Row) -> str:
    times = {
        f"{kind}_{name}": rounded(value / 1000) for kind in ("right", "refused") for name, value in facts[kind].items()
    }
    return render(overload.__file__, **facts, **times, edge=EDGE, picture=OVERLOAD_PICTURE)


def _soak(facts: Row) -> str:
    return render(memory_soak.__file__, **facts, picture=SOAK_PICTURE)


def _row(row: Row) -> tuple[str, ...]:
    figures = row["figures"]
    counts = [f"{figures[name]:,}" for name in ("sent", "right", "refused", "lost", "wrong")]
    seconds = [rounded(figures[name]) for name in ("slowest", "first", "steady")]
    return (row["title"], *counts, *seconds, _MET[all(check["met"] for check in row["checks"])])


def _messages(row: Row) -> str:
    messages = row["figures"]["messages"]
    words = "; ".join(f"{count:,} `{_plain(text)}`" for text, count in messages.items()) or "correct answers only"
    return f"- {row['title']}: {words}"


def _plain(text: str) -> str:
    return " ".join(text.replace("\\n", " ").replace("`", "'").split())
