"""Measure trained bundles on the test set, foreign digits and other images. Write the model card."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.computing import computing, progress
from serving.paths import ROOT

if TYPE_CHECKING:
    from training.digits.assessment import Assessment

_BUNDLES = ROOT / "bundles"


def folders() -> list[Path]:
    """Return the folders of the product's own bundles that exist."""
    named = [_BUNDLES / "default", _BUNDLES / "best", *sorted(_BUNDLES.glob("best-seed-*"))]
    return [folder for folder in named if (folder / "model.safetensors").is_file()] or named[:1]


@computing()
def run(args: argparse.Namespace) -> None:
    from inference.files import replace
    from training.data.parts import prepare
    from training.digits import album, assessment, card, data
    from training.digits.challenges import CHALLENGES, seen

    chosen = args.bundle or folders()
    bundles = assessment.load(chosen)
    parts = prepare(data.read(args.data))
    for folder, bundle in zip(chosen, bundles, strict=True):
        if parts.checksums != bundle.metadata.data:
            raise ValueError(f"{folder} was trained on other data: name the folder with --data")
    made = (make() for make in progress(list(CHALLENGES.values()), "challenges"))
    challenges = [(challenge, seen(challenge)) for challenge in made]
    assessments = [
        assessment.assess(folder, bundle, parts.test, challenges)
        for folder, bundle in progress(list(zip(chosen, bundles, strict=True)), "bundles")
    ]
    for result in assessments:
        show(result)
    replace(args.docs / "model-card.md", card.render(assessments, "scripts/evaluate").encode())
    pictures = album.pictures(assessments, parts.train)
    for name in progress(list(pictures), "pictures"):
        pictures[name](args.docs / "images" / name)
    print(f"written: {args.docs}/model-card.md and {len(pictures)} pictures in {args.docs}/images")


def show(result: "Assessment") -> None:
    from training.digits.targets import TARGETS
    from training.evaluation.measurement import per_class

    figures, known = result.figures, result.bundle.metadata
    print(
        f"{result.name}: accuracy {100 * figures.accuracy:.2f} % of {figures.examples} test images, seed {known.seed}"
    )
    print(f"{'digit':>5} {'images':>7} {'precision':>9} {'recall':>7} {'F1':>7}")
    for digit in per_class(figures):
        scores = f"{100 * digit.precision:9.2f} {100 * digit.recall:7.2f} {100 * digit.f1:7.2f}"
        print(f"{digit.index:>5} {digit.examples:>7} {scores}")
    before, after = 100 * figures.uncalibrated_error, 100 * figures.calibration_error
    print(f"expected calibration error {before:.2f} % before temperature, {after:.2f} % after")
    accepted = 100 * figures.accepted, 100 * figures.accepted_accuracy
    print("accepted {:.2f} % of predictions, {:.2f} % of these right".format(*accepted))
    for outcome in result.outcomes:
        right = "" if outcome.right is None else f"right {100 * outcome.accuracy:6.2f} %, "
        refused = f"not accepted {100 * outcome.rejected:6.2f} %"
        print(f"{outcome.name:>24} {outcome.images:>6} images: {right}{refused}")
    for target in TARGETS:
        print(f"{target.what}, {target.bound}: {target.verdict(result).replace('*', '')}")
