"""Measurement of the explanations of one bundle."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inference import runtimes
from inference.bundle import Bundle
from inference.classifier import Classifier
from model.explanations import METHODS, DigitsExplainer
from training.data.dataset import Examples
from training.digits.faithfulness import faithfulness_figures, subjects
from training.digits.faithfulness.attributed import Attributed, Steps, attributed, cached
from training.digits.faithfulness.faithfulness_figures import Completeness, FaithfulnessFigures, correlations
from training.digits.faithfulness.subjects import Shares, Subjects

DRAWS, FORGOTTEN = 5, 20  # random networks for each depth, and images that each of them explains
_GRADIENTS = "integrated_gradients"


@dataclass(frozen=True)
class FaithfulnessStudy:
    """Measurement of a bundle on ``images`` of the test set. ``folder`` keeps finished parts."""

    bundle: Bundle
    test: Examples
    folder: Path
    images: int
    draws: int = DRAWS

    def figures(self, steps: Steps) -> FaithfulnessFigures:
        """Return all figures. This takes about three minutes on one core for 1,000 images."""
        chosen = self._subjects
        second = subjects.second(self._classifier, chosen.images)
        attributed = {method: self._explained(self.bundle, chosen, method, steps) for method in METHODS}
        runner_up = self._explained(self.bundle, second, _GRADIENTS, steps, "second")
        return FaithfulnessFigures(
            images=len(chosen),
            faithfulness=faithfulness_figures.faithfulness(self._classifier, chosen, attributed),
            milliseconds={
                method: float(1000 * np.median(attributions.seconds)) for method, attributions in attributed.items()
            },
            completeness={
                "predicted": Completeness.of(attributed[_GRADIENTS].missed),
                "second": Completeness.of(runner_up.missed),
            },
            agreement=faithfulness_figures.agreement(chosen, attributed),
            randomised=self._randomised(chosen, attributed, steps),
        )

    def ten(self, steps: Steps) -> tuple[Subjects, dict[str, Shares]]:
        """Return the first correctly predicted image of each digit, and its shares by every method."""
        sample = self._subjects
        chosen = subjects.ten(sample, self.test.labels)
        shares = {method: self._explained(self.bundle, sample, method, steps).shares[chosen] for method in METHODS}
        return sample[chosen], shares

    @property
    def _subjects(self) -> Subjects:
        return subjects.predicted(self._classifier, self.test.images[: self.images])

    @property
    def _classifier(self) -> Classifier:
        return Classifier(self.bundle, runtime=runtimes.in_memory("numpy", self.bundle))

    def _explained(
        self, bundle: Bundle, subjects: Subjects, method: str, steps: Steps, kind: str = "predicted"
    ) -> Attributed:
        path = self.folder / self.bundle.sha256[:12] / f"{method}-{kind}-{len(subjects)}.npz"
        return cached(path, lambda: attributed(DigitsExplainer(bundle), subjects, method, steps))

    def _randomised(
        self, subjects: Subjects, attributed: dict[str, Attributed], steps: Steps
    ) -> dict[str, list[list[float]]]:
        few = subjects[:FORGOTTEN]
        table: dict[str, list[list[float]]] = {method: [] for method in attributed}
        for layers in range(1, len(self.bundle.parameters) // 2 + 1):
            for method, attributions in attributed.items():
                draws = []
                for seed in range(self.draws):
                    forgotten, kind = randomised(self.bundle, layers, seed), f"random-{layers}-{seed}"
                    again = self._explained(forgotten, few, method, steps, kind)
                    draws.append(float(correlations(few, attributions.shares[:FORGOTTEN], again.shares).mean()))
                table[method].append(draws)
        return table


def randomised(bundle: Bundle, layers: int, seed: int = 0) -> Bundle:
    """Return the bundle with random weights in its last ``layers`` layers. An explanation of them must change.

    The weights are normal around 0 with the root mean square of the old weights. With the mean of the old weights, all
    ink would still count against every digit.
    """
    random = np.random.default_rng(seed)
    parameters = dict(bundle.parameters)
    for name in list(parameters)[len(parameters) - 2 * layers :]:
        old = parameters[name]
        parameters[name] = random.normal(0.0, np.sqrt(np.square(old).mean()), old.shape).astype(np.float32)
    return replace(bundle, parameters=parameters)
