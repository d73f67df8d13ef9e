"""The whole measurement of one bundle's explanations."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference import runtimes
from inference.bundle import Bundle
from inference.classifier import Classifier
from model.explanations import METHODS, DigitsExplainer
from training.data.dataset import Examples
from training.digits.faithfulness import faithfulness_figures, subjects
from training.digits.faithfulness.attributed import Attributed, Steps, attributed, kept
from training.digits.faithfulness.faithfulness_figures import Completeness, FaithfulnessFigures
from training.digits.faithfulness.randomised import depth, randomised
from training.digits.faithfulness.ranks import correlations
from training.digits.faithfulness.subjects import Shares, Subjects

IMAGES = 1000
DRAWS, FORGOTTEN = 5, 20  # networks with other weights for each depth, and images that each explains
_GRADIENTS = "integrated_gradients"


@dataclass(frozen=True)
class FaithfulnessStudy:
    """Measurements, number of test images, and folder of finished parts."""

    bundle: Bundle
    test: Examples
    folder: Path
    images: int = IMAGES
    draws: int = DRAWS

    def figures(self, steps: Steps) -> FaithfulnessFigures:
        """Everything; about three minutes on one core for 1,000 images."""
        asked = self._asked
        second = subjects.second(self._classifier, asked.images)
        found = {method: self._explained(self.bundle, asked, method, steps) for method in METHODS}
        runner_up = self._explained(self.bundle, second, _GRADIENTS, steps, "second")
        return FaithfulnessFigures(
            images=len(asked),
            faithfulness=faithfulness_figures.faithfulness(self._classifier, asked, found),
            milliseconds={method: float(1000 * np.median(each.seconds)) for method, each in found.items()},
            completeness={
                "predicted": Completeness.of(found[_GRADIENTS].missed),
                "second": Completeness.of(runner_up.missed),
            },
            agreement=faithfulness_figures.agreement(asked, found),
            randomised=self._randomised(asked, found, steps),
        )

    def ten(self, steps: Steps) -> tuple[Subjects, dict[str, Shares]]:
        """The first image of each digit that is read right, with every method's shares."""
        asked = self._asked
        chosen = subjects.ten(asked, self.test.labels)
        found = {method: self._explained(self.bundle, asked, method, steps).shares[chosen] for method in METHODS}
        return Subjects(asked.images[chosen], asked.targets[chosen]), found

    @property
    def _asked(self) -> Subjects:
        return subjects.predicted(self._classifier, self.test.images[: self.images])

    @property
    def _classifier(self) -> Classifier:
        return Classifier(self.bundle, runtime=runtimes.in_memory("numpy", self.bundle))

    def _explained(
        self, bundle: Bundle, asked: Subjects, method: str, steps: Steps, kind: str = "predicted"
    ) -> Attributed:
        path = self.folder / self.bundle.sha256[:12] / f"{method}-{kind}-{len(asked)}.npz"
        return kept(path, lambda: attributed(DigitsExplainer(bundle), asked, method, steps))

    def _randomised(self, asked: Subjects, found: dict[str, Attributed], steps: Steps) -> dict[str, list[list[float]]]:
        few = Subjects(asked.images[:FORGOTTEN], asked.targets[:FORGOTTEN])
        table: dict[str, list[list[float]]] = {method: [] for method in found}
        for layers in range(1, depth(self.bundle) + 1):
            for method, each in found.items():
                draws = []
                for seed in range(self.draws):
                    forgotten, kind = randomised(self.bundle, layers, seed), f"random-{layers}-{seed}"
                    again = self._explained(forgotten, few, method, steps, kind)
                    draws.append(float(correlations(few, each.shares[:FORGOTTEN], again.shares).mean()))
                table[method].append(draws)
        return table
