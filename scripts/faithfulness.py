"""Measure whether the explanations of a bundle are faithful to it; write docs/explanations.md and its pictures.

Stopped or killed, the same command goes on with what is not explained yet.
"""

import argparse
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import _root
from _root import ROOT

from serving.arguments import Parser

_COMMAND = "python scripts/faithfulness.py"


def arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__)
    bundle = ROOT / "bundles" / "default" / "model.safetensors"
    parser.add_argument("--bundle", type=Path, default=bundle, help="a file of train.py (default: bundles/default)")
    parser.add_argument("--images", type=int, default=1000, help="test images to explain, 100 or more (default: 1000)")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where explanations.md, .json and images/ go")
    parser.add_argument("--results", type=Path, default=ROOT / ".studies" / "faithfulness", help="what is done already")
    return parser.parse_args()


def measure(asked: argparse.Namespace) -> None:
    from inference import bundle
    from inference.files import replace, replace_json
    from model import SPEC
    from training import data
    from training.faithfulness import interpretable, pictures, report
    from training.faithfulness.study import Study

    loaded, mnist = bundle.load(asked.bundle, SPEC), data.load()
    study = Study(loaded, mnist.test, asked.results, asked.images)
    figures = study.figures(progress)
    models = interpretable.fit(mnist.train, mnist.test)
    subjects, shares = study.ten(progress)
    image, digit = subjects.images[-1], int(subjects.targets[-1])
    found = report.Subject(loaded, figures, models, *models.path(image))
    images = asked.docs / "images"
    pictures.curves(figures.faithfulness, images / "explanations-curves.png")
    pictures.gallery(subjects, shares, images / "explanations-digits.png")
    pictures.interpretable(models, image, digit, images / "explanations-interpretable.png")
    replace_json(asked.docs / "explanations.json", {"weights": loaded.sha256, **figures.as_dict()})
    replace(asked.docs / "explanations.md", report.render(found, _COMMAND).encode())
    for name, each in figures.faithfulness.items():
        print(f"{name:>22}: deletion area {each.deletion_area:.3f}, insertion area {each.insertion_area:.3f}")
    print(f"written: {asked.docs}/explanations.md, explanations.json and 3 pictures in {images}")


def progress(steps: range, name: str) -> Iterable[int]:
    """The steps one by one; on a terminal, with how far they are."""
    from tqdm import tqdm

    bar: Iterable[int] = tqdm(steps, desc=name, disable=None, leave=False)
    return bar


def main() -> int:
    asked = arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read once, when torch is loaded: see scripts/train.py
    from training.errors import DataError

    try:
        measure(asked)
    except (DataError, ValueError) as error:
        return _root.failed(str(error))
    except OSError as error:
        return _root.failed(_root.sentence(error))
    except KeyboardInterrupt:
        print("stopped: the same command goes on with what is not explained yet", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    _root.run(main)
