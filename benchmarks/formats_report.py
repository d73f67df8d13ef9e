"""The section of docs/performance.md on formats, from the measurements of benchmarks.formats."""

from collections.abc import Mapping
from typing import Any

FILE = "formats.json"
_MEASURES = {  # figure -> what it is called, and whether more is better
    "p50_1_s": ("1 image", False),
    "p50_8_s": ("8", False),
    "p50_64_s": ("64", False),
    "rate_all_cores": ("1,024", True),
}
_HEAD = (
    "format",
    "runs on",
    "archive",
    "load",
    "1 image",
    "8 images",
    "64 images",
    "1,024: one core",
    "all cores",
    "other digits",
    "furthest probability",
    "parity",
)

Row = Mapping[str, Any]


def section(content: Mapping[str, Any]) -> str:
    """Return the report: conditions, a table of formats, and the reason for the default."""
    rows = content["formats"]
    lines = [_intro(content), "", _line(_HEAD), _line(["---"] * len(_HEAD))]
    lines += [_line(_cells(row)) for row in rows]
    lines += ["", _verdict(content)]
    lines += [f"\n`{row['name']}` is refused: {row['refused']}." for row in rows if not row["kept"]]
    return "\n".join(lines) + "\n"


def _intro(content: Mapping[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in content["versions"].items())
    return (
        "`scripts/package --format NAME` packs the same bundle in each of these. Every one goes through the same "
        f"gate, on all {content['images']:,} test images: `eager` and `export` must give training's probabilities to "
        f"the last bit, the others the same digits with probabilities within {content['tolerance']:.0e}; and the "
        "accuracy must be the bundle's. Load is import, load and first prediction in a fresh process. Latencies are "
        "the classifier's median call, pixels to probabilities, on one core; 1,024 images are in images a second. "
        f"Medians of {content['rounds']} processes; {packages}; {content['machine']['processor']}, "
        f"{content['machine']['cores']} cores."
    )


def _cells(row: Row) -> list[str]:
    agreement = row["agreement"]
    return [
        f"`{row['name']}`",
        row["about"],
        f"{row['archive_bytes'] / 1e6:.1f} MB",
        f"{row['load_s']:.1f} s",
        *(f"{row[f'p50_{count}_s'] * 1e6:,.0f} us" for count in (1, 8, 64)),
        f"{row['rate_one_core']:,.0f}/s",
        f"{row['rate_all_cores']:,.0f}/s",
        str(agreement["misread"]),
        f"{agreement['distance']:.1e}" if agreement["distance"] else "none",
        _parity(row),
    ]


def _parity(row: Row) -> str:
    if not row["kept"]:
        return "**no**"
    return "every bit" if not row["agreement"]["unequal"] else "yes"


def _verdict(content: Mapping[str, Any]) -> str:
    """Return which format is fastest in which respect, of those that keep parity."""
    supported = [row for row in content["formats"] if row["kept"]]
    wins = ", ".join(f"{title}: `{_fastest(supported, figure, more)}`" for figure, (title, more) in _MEASURES.items())
    plain = [row for row in supported if row["requirements"] == "serve"]
    ahead = [
        title for figure, (title, more) in _MEASURES.items() if _fastest(plain, figure, more) == content["default"]
    ]
    return (
        f"Fastest that keeps parity, {wins}. The default is `{content['default']}`: of those that need nothing beyond "
        f"`requirements/serve.txt` it is the fastest at {len(ahead)} of these {len(_MEASURES)} sizes "
        f"({'; '.join(ahead) or 'none'})."
    )


def _fastest(rows: list[Row], figure: str, more: bool) -> str:
    name: str = (max if more else min)(rows, key=lambda row: float(row[figure]))["name"]
    return name


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
