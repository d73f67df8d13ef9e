"""Measure all trainers in turns and keep the results."""

import argparse
import tempfile
from pathlib import Path

from benchmarks.training import handover, run, training_plot, training_report
from benchmarks.training.trainers import keras, trainers
from inference.files import replace_json


def main(args: argparse.Namespace) -> int:
    print("preparing the seed's environment", flush=True)
    keras().prepare()
    with tempfile.TemporaryDirectory() as folder:
        handover.write(Path(folder))
        content = run.measure(trainers(), Path(folder), args.rounds)
    replace_json(args.results / training_report.FILE, content)
    training_plot.save(content, args.results / training_plot.NAME)
    print(training_report.section(content))
    return 0
