"""Measure all trainers in turns and keep the results."""

import argparse
import tempfile
from pathlib import Path

from benchmarks.training import run, training_report
from benchmarks.training.trainers import keras, trainers
from inference.files import replace_json
from training.reports import plots


def main(args: argparse.Namespace) -> None:
    print("preparing the seed's environment", flush=True)
    keras().prepare()
    with tempfile.TemporaryDirectory() as folder:
        run.write_arrays(Path(folder))
        content = run.measure(trainers(), Path(folder), args.rounds)
    replace_json(args.results / training_report.FILE, content)
    plots.save(training_report.draw(content), args.results / training_report.PICTURE)
    print(training_report.section(content))
