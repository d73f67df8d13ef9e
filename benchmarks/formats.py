"""Every format of the archive, measured: size, load time, latency, throughput, and how far it is from training's.

Each format is packed from the default bundle and measured in fresh processes that know nothing but the unpacked
archive; rounds alternate between formats, and a figure is the median of its rounds. Writes .bench/formats.json.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from inference import golden
from inference.files import replace_json
from model.pixels import Images
from serving import paths
from serving.archives.archive import pack
from serving.archives.formats import DEFAULT, FORMATS
from serving.archives.package import ModelPackage
from serving.archives.parity import ParityError, ParityFigures, compare
from serving.archives.record import Release
from serving.archives.samples import Samples
from training.data.dataset import Examples
from training.digits import data

FILE = paths.ROOT / ".bench" / "formats.json"
LATENCY_SIZES = (1, 8, 64)  # images in one call
MANY = 1024  # images in the call whose throughput is measured
_PACKAGES = ("torch", "numpy", "onnx", "onnxruntime")

# Runs inside the unpacked archive: argv is an .npy of images, seconds a size, and "one" or "all" cores.
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
    """Pack a format into the empty folder ``work``, unpack it there, and compare it with training's classifier."""
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
    """One round of a format's figures: seconds, bytes, and images a second."""
    one = _run(work, images, seconds, "one", [*LATENCY_SIZES, MANY])
    everything = _run(work, images, seconds, "all", [MANY])
    return {
        "load_s": one["load"],
        "memory_bytes": one["memory"],
        **{f"p50_{count}_s": one["p50"][str(count)] for count in LATENCY_SIZES},
        "rate_one_core": MANY / one["p50"][str(MANY)],
        "rate_all_cores": MANY / everything["p50"][str(MANY)],
    }


def medians(rounds: Iterable[dict[str, float]]) -> dict[str, float]:
    taken = list(rounds)
    return {name: statistics.median(figures[name] for figures in taken) for name in taken[0]}


def main(args: argparse.Namespace) -> int:
    test = data.load().test
    with tempfile.TemporaryDirectory(prefix="digits-formats-") as folder:
        work = {name: Path(folder) / name for name in FORMATS}
        measured = {name: measure(name, test, _made(work[name])) for name in FORMATS}
        rounds = [
            {name: timed(work[name], test.images[:MANY], args.seconds) for name in FORMATS} for _ in range(args.rounds)
        ]
    rows = [row | medians(figures[name] for figures in rounds) for name, row in measured.items()]
    replace_json(FILE, {**_conditions(len(test.images)), "rounds": args.rounds, "formats": rows})
    return 0


def _conditions(images: int) -> dict[str, Any]:
    return {
        "machine": machine.describe(),
        "versions": {package: version(package) for package in _PACKAGES},
        "images": images,
        "tolerance": golden.TOLERANCE,
        "default": DEFAULT,
    }


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


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
