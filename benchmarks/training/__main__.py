"""Measure all trainers in turns and keep the results: python -m benchmarks.training"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.peers.environment import InstallError
from benchmarks.training import handover, picture, report, run
from benchmarks.training.trainers import keras, trainers
from inference.files import replace_json
from serving.paths import ROOT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each trains (default: 3)")
    parser.add_argument("--results", type=Path, default=ROOT / ".bench", help="where results are kept")
    asked = parser.parse_args()
    try:
        print("preparing the seed's environment", flush=True)
        keras().prepare()
        with tempfile.TemporaryDirectory() as folder:
            handover.write(Path(folder))
            content = run.measure(trainers(), Path(folder), asked.rounds)
    except (InstallError, run.TrainingError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    replace_json(asked.results / report.FILE, content)
    picture.save(content, asked.results / picture.NAME)
    print(report.section(content))
    return 0


if __name__ == "__main__":
    sys.exit(main())
