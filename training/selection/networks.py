"""Candidates that are multilayer perceptrons."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference.bundle import Bundle, Metadata
from inference.classifier import Classifier
from model import SPEC
from model.network import MLP
from training.data.dataset import Examples
from training.fit import loop
from training.fit.presets import Preset
from training.selection.candidate import NETWORK, Model


@dataclass(frozen=True)
class TrainedNetwork:
    """An MLP trained by the product's own loop and predicting as it is served."""

    preset: Preset

    @property
    def kind(self) -> str:
        return NETWORK

    @property
    def name(self) -> str:
        return f"MLP {'-'.join(map(str, self.preset.hidden)) or 'without hidden layer'}"

    @property
    def recipe(self) -> str:
        return changed(self.preset)

    def fit(self, examples: Examples, seed: int) -> Model:
        looked_at = examples[np.arange(1)]  # the loop wants a validation set: held-out images must not be it
        fitted = loop.fit(self.preset, examples, looked_at, seed, threads=1, progress=False)
        return served(fitted.mlp, seed)


def of_widths(recipe: Preset, widths: Sequence[tuple[int, ...]]) -> list[TrainedNetwork]:
    """One for each tuple of hidden widths, the recipe otherwise the same."""
    return [TrainedNetwork(dataclasses.replace(recipe, hidden=hidden)) for hidden in widths]


def served(network: MLP, seed: int) -> Model:
    """A trained network, predicting as it will when it is served."""
    arrays = network.folded().arrays()
    classifier = Classifier(Bundle(arrays, Metadata("", network.architecture, seed), "", SPEC))
    return Model(lambda images: classifier.predict(images).classes, sum(map(np.size, arrays.values())), "weights")


def changed(preset: Preset) -> str:
    """Return the settings of a preset, as in presets.toml."""
    fields = dataclasses.fields(preset)
    values = {
        field.name: getattr(preset, field.name) for field in fields if getattr(preset, field.name) != field.default
    }
    return ", ".join(f"{name} = {value}" for name, value in values.items() if value)
