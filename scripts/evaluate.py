"""Measure a trained bundle on the test set, and write its model card and the contact sheet of its data."""

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _root import ROOT

if TYPE_CHECKING:
    from model.bundle import Bundle
    from training.evaluation import Figures


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=ROOT / "bundles" / "default", help="folder that train.py filled")
    parser.add_argument("--data", type=Path, help="the data it was trained with (default: MNIST)")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where model-card.md and images/ are written")
    return parser.parse_args()


def show(figures: "Figures") -> None:
    from training.evaluation import per_class

    print(f"accuracy {100 * figures.accuracy:.2f} % of {figures.examples} test images")
    print(f"{'digit':>5} {'images':>7} {'precision':>9} {'recall':>7} {'F1':>7}")
    for digit in per_class(figures):
        scores = f"{100 * digit.precision:9.2f} {100 * digit.recall:7.2f} {100 * digit.f1:7.2f}"
        print(f"{digit.digit:>5} {digit.examples:>7} {scores}")
    before, after = 100 * figures.uncalibrated_error, 100 * figures.calibration_error
    print(f"expected calibration error {before:.2f} % before temperature, {after:.2f} % after")
    accepted = 100 * figures.accepted, 100 * figures.accepted_accuracy
    print("accepted {:.2f} % of predictions, {:.2f} % of these right".format(*accepted))


def evaluate(asked: argparse.Namespace) -> None:
    from model import bundle
    from model.files import replace
    from training import card, evaluation, job

    if not (asked.bundle / bundle.WEIGHTS).is_file():
        raise ValueError(f"{asked.bundle} holds no bundle: make one with scripts/train.py")
    made = bundle.load(asked.bundle / bundle.WEIGHTS)
    parts = job.prepare(asked.data)
    if parts.checksums != made.metadata.data:
        raise ValueError(f"{asked.bundle} was trained on other data: name the folder with --data")
    figures = evaluation.measure(made, parts.test)
    show(figures)
    text = card.render(made, figures, _training(asked.bundle), "python scripts/evaluate.py")
    replace(asked.docs / "model-card.md", text.encode())
    _draw(made, parts, asked.docs / "images" / "contact-sheet.png")
    print(f"written: {asked.docs}/model-card.md, {asked.docs}/images/contact-sheet.png")


def _training(folder: Path) -> dict[str, Any] | None:
    import orjson

    path = folder / "metrics.json"
    training: dict[str, Any] | None = orjson.loads(path.read_bytes())["training"] if path.is_file() else None
    return training


def _draw(made: "Bundle", parts: Any, path: Path) -> None:
    from model.classifier import Classifier
    from training import contact_sheet, presets

    said = Classifier(made).predict(parts.test.images)
    augmentation = presets.load(made.metadata.preset).augmentation
    contact_sheet.draw(parts.train, parts.test, said, augmentation, path)


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    asked = arguments()
    from training.errors import DataError

    try:
        evaluate(asked)
    except (DataError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
