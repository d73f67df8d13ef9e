"""Measure how faithful explanations are to the network. Write docs/explanations.md and its pictures."""

import argparse

from scripts.computing import computing, progress

RESUME = "the same command continues with what is not explained yet"
_COMMAND = "scripts/faithfulness"


@computing()
def run(args: argparse.Namespace) -> None:
    from inference import bundle
    from inference.files import replace, replace_json
    from model import SPEC
    from training.digits import data
    from training.digits.faithfulness import faithfulness_plots, faithfulness_report, interpretable
    from training.digits.faithfulness.study import FaithfulnessStudy
    from training.reports import folders

    loaded, mnist = bundle.load(args.bundle, SPEC), data.load()
    study = FaithfulnessStudy(loaded, mnist.test, args.results, args.images)
    figures = study.figures(progress)
    models = interpretable.fit(mnist.train, mnist.test)
    subjects, shares = study.ten(progress)
    image, digit = subjects.images[-1], int(subjects.targets[-1])
    images = args.docs / "images"
    faithfulness_plots.curves(figures.faithfulness, images / "explanations-curves.png")
    faithfulness_plots.gallery(subjects, shares, images / "explanations-digits.png")
    faithfulness_plots.interpretable(models, image, digit, images / "explanations-interpretable.png")
    replace_json(folders.results(args.docs) / "explanations.json", {"weights": loaded.sha256, **vars(figures)})
    page = faithfulness_report.render(loaded, figures, models, image, _COMMAND)
    replace(args.docs / "explanations.md", page.encode())
    for name, values in figures.faithfulness.items():
        print(f"{name:>22}: deletion area {values.deletion_area:.3f}, insertion area {values.insertion_area:.3f}")
    print(f"written: {args.docs}/explanations.md, results/explanations.json next to it, and 3 pictures in {images}")
