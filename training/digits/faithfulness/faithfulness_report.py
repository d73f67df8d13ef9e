"""Report docs/explanations.md."""

from statistics import fmean

from inference.bundle import Bundle
from model.pixels import Images
from training.digits.faithfulness.curves import BASELINES, STEPS
from training.digits.faithfulness.faithfulness_figures import Faithfulness, FaithfulnessFigures
from training.digits.faithfulness.interpretable import EXAMPLES, REGRESSION, TREE, Interpretable
from training.digits.faithfulness.study import FORGOTTEN
from training.reports import page
from training.reports.markdown import percent

Target = tuple[str, str, bool]  # description, measured value, and whether it is met


def render(bundle: Bundle, figures: FaithfulnessFigures, models: Interpretable, image: Images, command: str) -> str:
    """Return the document as Markdown.

    image  uint8 (28, 28), whose questions by the tree are listed
    """
    questions, predicted = models.path(image)
    return page.render(
        __file__,
        [gain, fmean, min, max],
        command=command,
        bundle=bundle,
        figures=figures,
        models=models,
        questions=questions,
        predicted=predicted,
        layers=next(iter(figures.randomised.values())),
        targets=targets(figures),
        steps=STEPS,
        forgotten=FORGOTTEN,
        examples=EXAMPLES,
        regression=REGRESSION,
        tree=TREE,
    )


def targets(figures: FaithfulnessFigures) -> list[Target]:
    methods = {name: method for name, method in figures.faithfulness.items() if name not in BASELINES}
    worst = min(methods, key=lambda name: methods[name].gain - methods[name].error)
    complete = figures.completeness["predicted"]
    after = {name: fmean(row[0]) for name, row in figures.randomised.items()}
    firm = max(after, key=lambda name: abs(after[name]))
    return [
        (
            "every method's deletion curve beats random's",
            f"the least gain: {gain(methods[worst])} ({worst})",
            all(method.beats_random for method in methods.values()),
        ),
        (
            f"integrated gradients miss at most 1 % of the logit difference on {figures.images:,} images",
            f"mean {percent(complete.mean)} %, most {percent(complete.most)} %",
            complete.most <= 0.01,
        ),
        (
            "with a random last layer the shares are others: rank correlation within 0.5",
            f"the furthest from 0: {after[firm]:.2f} ({firm})",
            abs(after[firm]) < 0.5,
        ),
    ]


def gain(method: Faithfulness) -> str:
    return f"{method.gain:.3f} ± {method.error:.3f}"
