"""Comparison of archive formats: size, load time, latency, throughput, and distance from the trained network.

Each format is packed from the default bundle and measured in new processes that have only the unpacked archive. Rounds
alternate between formats. A figure is the median of its rounds. Writes .bench/formats.json.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.load import medians
from benchmarks.performance_tables import named
from inference import golden
from inference.files import replace_json
from inference.samples import Samples
from model.pixels import Images
from serving import paths
from serving.archives.archive import pack
from serving.archives.formats import DEFAULT, FORMATS
from serving.archives.package import ModelPackage
from serving.archives.parity import ParityError, ParityFigures, compare
from serving.archives.record import Release
from training.data.dataset import Examples
from training.digits import data
from training.reports.markdown import table

FILE = "formats.json"
LATENCY_SIZES = (1, 8, 64)  # images in one call
MANY = 1024  # images in the call whose throughput is measured
_PACKAGES = ("torch", "numpy", "onnx", "onnxruntime")
_MEASURES = {  # figure -> title, and True if more is better
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

# Runs in the folder of the unpacked archive. Arguments: .npy file of images, seconds for each size, cores ("one" or
# "all"), and sizes as JSON.
_MEASURE = """
import os, sys, time
if sys.argv[3] == "one" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
began = time.perf_counter()
import json, resource, statistics
from pathlib import Path
import numpy, torch
from inference import bundle, runtimes
from model import SPEC
from inference.classifier import Classifier
torch.set_num_threads(1)
loaded = bundle.load(Path(bundle.WEIGHTS), SPEC)
classifier = Classifier(loaded, runtime=runtimes.load(Path(), loaded))
images = numpy.load(sys.argv[1])
classifier.predict(images[:1])
load = time.perf_counter() - began

def p50(count):
    end, spent = time.perf_counter() + float(sys.argv[2]), []
    while time.perf_counter() < end or len(spent) < 5:
        start = time.perf_counter()
        classifier.predict(images[:count])
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)

memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"load": load, "memory": memory, "p50": {str(n): p50(n) for n in json.loads(sys.argv[4])}}))
"""


def measure(name: str, test: Examples, work: Path) -> dict[str, Any]:
    """Pack a format into the new folder ``work``, unpack it, and compare it with the trained classifier."""
    work.mkdir()
    samples = Samples(test.images, test.labels)
    sealed, classifier = pack(ModelPackage(), paths.BUNDLE, samples, work, Release(format=name))
    agreement = compare(sealed, classifier, samples, exact=FORMATS[name].exact)
    with zipfile.ZipFile(sealed) as file:
        file.extractall(work / "unpacked")
        own = {entry.filename: entry.file_size for entry in file.infolist() if entry.filename.startswith("model.")}
    refused = _refusal(agreement)
    return {
        "name": name,
        "about": FORMATS[name].about,
        "requirements": FORMATS[name].requirements,
        "archive_bytes": sealed.stat().st_size,
        "files": own,
        "agreement": asdict(agreement),
        "kept": refused is None,
        "refused": refused,
    }


def timed(work: Path, images: Images, seconds: float) -> dict[str, float]:
    """Measure one round of a format. Return seconds, bytes, and images per second."""
    one = _run(work, images, seconds, "one", [*LATENCY_SIZES, MANY])
    everything = _run(work, images, seconds, "all", [MANY])
    return {
        "load_s": one["load"],
        "memory_bytes": one["memory"],
        **{f"p50_{count}_s": one["p50"][str(count)] for count in LATENCY_SIZES},
        "rate_one_core": MANY / one["p50"][str(MANY)],
        "rate_all_cores": MANY / everything["p50"][str(MANY)],
    }


def main(args: argparse.Namespace) -> None:
    test = data.load().test
    with tempfile.TemporaryDirectory(prefix="digits-formats-") as folder:
        work = {name: Path(folder) / name for name in FORMATS}
        measured = {name: measure(name, test, work[name]) for name in FORMATS}
        rounds = [
            {name: timed(work[name], test.images[:MANY], args.seconds) for name in FORMATS} for _ in range(args.rounds)
        ]
    rows = [row | medians(figures[name] for figures in rounds) for name, row in measured.items()]
    content = {
        "machine": machine.describe(),
        "versions": {package: version(package) for package in _PACKAGES},
        "images": len(test.images),
        "tolerance": golden.TOLERANCE,
        "default": DEFAULT,
        "rounds": args.rounds,
        "formats": rows,
    }
    replace_json(paths.ROOT / ".bench" / FILE, content)


def _refusal(agreement: ParityFigures) -> str | None:
    try:
        agreement.require()
    except ParityError as error:
        return str(error)
    return None


def _run(work: Path, images: Images, seconds: float, cores: str, sizes: list[int]) -> dict[str, Any]:
    given = work / "images.npy"
    np.save(given, images)
    command = [sys.executable, "-W", "ignore", "-c", _MEASURE, str(given), str(seconds), cores, json.dumps(sizes)]
    done = subprocess.run(command, cwd=work / "unpacked", capture_output=True, text=True, check=True)
    content: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return content


def section(content: Mapping[str, Any]) -> str:
    """Return the report: conditions, a table of formats, and the reason for the default."""
    rows = content["formats"]
    lines = [_intro(content), "", table(_HEAD, map(_cells, rows), left=len(_HEAD)), "", _verdict(content)]
    lines += [f"\n`{row['name']}` is refused: {row['refused']}." for row in rows if not row["kept"]]
    return "\n".join(lines) + "\n"


def _intro(content: Mapping[str, Any]) -> str:
    return (
        "`scripts/package --format NAME` packs the same bundle in each of these. Every one goes through the same "
        f"gate, on all {content['images']:,} test images: `eager` and `export` must give training's probabilities to "
        f"the last bit, the others the same digits with probabilities within {content['tolerance']:.0e}; and the "
        "accuracy must be the bundle's. Load is import, load and first prediction in a fresh process. Latencies are "
        "the classifier's median call, pixels to probabilities, on one core; 1,024 images are in images a second. "
        f"Medians of {content['rounds']} processes; {named(content['versions'])}; {content['machine']['processor']}, "
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
        ("yes" if agreement["unequal"] else "every bit") if row["kept"] else "**no**",
    ]


def _verdict(content: Mapping[str, Any]) -> str:
    """Return sentences on the fastest format for each figure, among formats with parity, and on the default."""
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
