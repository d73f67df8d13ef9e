"""Comparison of trainers. Each round runs all trainers in turn."""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks import machine
from benchmarks.training import training_report
from benchmarks.training.trainers import PRODUCT, Trainer, keras, trainers
from inference.files import replace_json
from serving.errors import UserError
from serving.paths import ROOT
from training.digits import data
from training.reports import plots

_SEEDS = 5  # for the accuracy of the product, so that it does not depend on one lucky seed
_PATIENCE = 60.0


def write_arrays(folder: Path) -> None:
    """Write the images and labels of training and test as .npy files of uint8, in the published order."""
    mnist = data.load()
    for part, examples in (("train", mnist.train), ("test", mnist.test)):
        np.save(folder / f"{part}_images.npy", examples.images)
        np.save(folder / f"{part}_labels.npy", examples.labels)


class TrainingError(UserError):
    """Error: a training failed."""


@dataclass(frozen=True)
class TrainingRecord:
    """Record of one training process.

    seconds   time from images in memory to trained weights, including loading and compiling; None if the process does
              more than train
    whole     seconds from start to end of the process
    accuracy  on the test set, 0..1
    """

    trainer: str
    seed: int
    seconds: float | None
    whole: float
    accuracy: float
    versions: dict[str, str]


def measure(trainers: Sequence[Trainer], data: Path, rounds: int) -> dict[str, Any]:
    """Run all trainers, with another first trainer in each round. Then train the product with more seeds."""
    results, busy = [], machine.wait_idle(_PATIENCE)
    for number in range(rounds):
        turn = number % len(trainers)
        for trainer in (*trainers[turn:], *trainers[:turn]):
            results.append(_reported(one(trainer, data, number), f"round {number + 1}/{rounds}"))
    (again,) = (trainer for trainer in trainers if trainer.name == PRODUCT)
    extra = [_reported(one(again, data, seed), "another seed") for seed in range(rounds, _SEEDS)]
    return {
        "machine": machine.describe(),
        "busy": busy,
        "rounds": rounds,
        "trainers": {trainer.name: {"title": trainer.title, "settings": trainer.settings} for trainer in trainers},
        "results": [asdict(result) for result in results],
        "seeds": [result.accuracy for result in (*results, *extra) if result.trainer == PRODUCT],
    }


def one(trainer: Trainer, data: Path, seed: int) -> TrainingRecord:
    """Run a trainer. Raises TrainingError with the end of its output if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        start = time.perf_counter()
        done = subprocess.run(
            trainer.line(data, out, seed),
            cwd=ROOT,
            env=os.environ | trainer.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        whole = time.perf_counter() - start
        if done.returncode:
            raise TrainingError(f"{trainer.title}: {(done.stderr or done.stdout).strip()[-1000:]}")
        return TrainingRecord(trainer.name, seed, whole=whole, **_parsed(done.stdout, out))


def _parsed(output: str, out: Path) -> dict[str, Any]:
    """Return the JSON in the last line of the output of a trainer, or the metrics of scripts/train."""
    metrics = out / "metrics.json"
    if metrics.is_file():
        content = orjson.loads(metrics.read_bytes())
        versions = {"torch": content["bundle"]["versions"]["torch"]}
        return {"seconds": None, "accuracy": content["test"]["accuracy"], "versions": versions}
    parsed: dict[str, Any] = orjson.loads(output.strip().splitlines()[-1])
    return parsed


def _reported(trained: TrainingRecord, when: str) -> TrainingRecord:
    training = f"{trained.seconds:.2f} s training, " if trained.seconds is not None else ""
    accuracy = f"{100 * trained.accuracy:.2f} %"
    print(f"{when}: {trained.trainer}: {training}{trained.whole:.2f} s in all, {accuracy}", flush=True)
    return trained


def main(args: argparse.Namespace) -> None:
    print("preparing the seed's environment", flush=True)
    keras().prepare()
    with tempfile.TemporaryDirectory() as folder:
        write_arrays(Path(folder))
        content = measure(trainers(), Path(folder), args.rounds)
    replace_json(args.results / training_report.FILE, content)
    plots.save(training_report.draw(content), args.results / training_report.PICTURE)
    print(training_report.section(content))
