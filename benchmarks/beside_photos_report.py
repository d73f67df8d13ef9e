"""The section of docs/performance.md on small requests beside large photos, from benchmarks.beside_photos."""

from benchmarks.results import Content
from benchmarks.targets import Target
from training.reports.markdown import rounded, table

FILE = "photos.json"
CLIENTS, SENDERS = 8, 4
MOST_GROWTH = 2.0  # times, of the p99
_WORDS = {"none": "none", "photos": f"{SENDERS} clients"}

_TEXT = """## Small requests beside photos

{clients} clients send raw pixels while {senders} others send JPEG photos of {width}x{height} pixels
({megabytes:.1f} MB), all through the gateway of one node ({processor}, {cores} cores), which the clients share. The
gateway sends photos to a worker of their own. Latencies are in ms, counts a second. A value is the median of {rounds}
rounds of {seconds:g} s; rounds with photos and without took turns. Every answer to raw pixels was correct.

{figures}
"""


def section(content: Content) -> str:
    width, height = content["size"]
    return _TEXT.format(
        clients=CLIENTS,
        senders=SENDERS,
        width=width,
        height=height,
        megabytes=content["bytes"] / 1e6,
        cores=content["machine"]["cores"],
        processor=content["machine"]["processor"],
        rounds=content["rounds"],
        seconds=content["seconds"],
        figures=table_of(content),
    )


def targets(content: Content) -> list[Target]:
    """Return the target for the growth of the p99."""
    growth = _growth(content, "photos")
    words = f"{SENDERS} clients send photos of 12 megapixels: p99 of raw pixels at {CLIENTS} clients at most doubles"
    p99 = [content["figures"][kind]["p99"] for kind in ("photos", "none")]
    return [Target(words, f"{growth:.2f} x: {p99[0]:.1f} ms against {p99[1]:.1f} ms", growth <= MOST_GROWTH)]


def table_of(content: Content) -> str:
    """Return the table of the figures, with photos and without."""
    rows = []
    for kind, figures in content["figures"].items():
        latencies = [rounded(figures[name]) for name in ("p50", "p99")]
        counts = [f"{figures[name]:,.1f}" for name in ("photos", "refused")]
        rows.append((_WORDS[kind], f"{figures['rate']:,.0f}", *latencies, f"{_growth(content, kind):.2f}x", *counts))
    return table(("photos from", "raw pixels", "p50", "p99", "growth of p99", "photos", "refused photos"), rows)


def _growth(content: Content, kind: str) -> float:
    figures = content["figures"]
    return float(figures[kind]["p99"] / figures["none"]["p99"])
