"""One way of training, once: with one setting and one seed."""

from dataclasses import dataclass
from typing import Any

from training.data.dataset import Examples
from training.fit import loop
from training.fit.presets import Preset
from training.selection import networks
from training.selection.candidate import Model
from training.selection.job import Result
from training.selection.training_images import TrainingImages


@dataclass(frozen=True)
class TrainingRun:
    """A preset trained on the training images and judged on the validation images."""

    method: str
    preset: Preset
    seed: int

    @property
    def name(self) -> str:
        return f"{self.method}, seed {self.seed}"

    @property
    def settings(self) -> dict[str, Any]:
        return {"preset": networks.changed(self.preset), "seed": self.seed}

    @property
    def code(self) -> tuple[str, ...]:
        return (__name__,)

    def run(self, material: TrainingImages) -> Result:
        """Accuracies, 0..1, are those of the network that the training ends with; ``curve`` has one for each epoch."""
        fitted = loop.fit(self.preset, material.train, material.validation, self.seed, threads=1, progress=False)
        model = networks.served(fitted.mlp, self.seed)
        return {
            "accuracy": _accuracy(model, material.validation),
            "training_accuracy": _accuracy(model, material.train),
            "curve": [epoch.validation_accuracy for epoch in fitted.history],
            "seconds": sum(epoch.seconds for epoch in fitted.history),
        }


def _accuracy(model: Model, examples: Examples) -> float:
    return float((model.predict(examples.images) == examples.labels).mean())
