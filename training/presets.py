"""Named sets of hyperparameters, read from presets.toml."""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.classifier import CLASSES
from model.pixels import PIXELS
from training.augmentation import Augmentation

_FILE = Path(__file__).with_name("presets.toml")


@dataclass(frozen=True)
class Preset:
    """Everything that decides how a network is made, except the data and the seed.

    hidden           widths of the hidden layers
    epochs           passes over the training set
    batch            images in one step
    learning_rate    Adam's, at its peak
    warm_up          fraction of the steps in which the rate climbs to its peak, then falls to 0 along a cosine
                     (one cycle: Smith and Topin, 2018); 0 keeps it constant
    batch_norm       normalise each hidden layer
    dropout          probability of zeroing a hidden activation, 0 <= p < 1
    weight_decay     decoupled from the gradient (Loshchilov and Hutter, 2019), on weight matrices only
    label_smoothing  probability mass spread over all classes (Szegedy et al., 2016), 0 <= p < 1
    augmentation     random distortion of each training image
    """

    hidden: tuple[int, ...]
    epochs: int
    batch: int
    learning_rate: float
    warm_up: float = 0.0
    batch_norm: bool = False
    dropout: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        whole = {"epochs": self.epochs, "batch": self.batch} | {f"hidden[{i}]": n for i, n in enumerate(self.hidden)}
        fractions = ("warm_up", "dropout", "label_smoothing")
        for name, value in whole.items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        for name in fractions:
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name} must be at least 0 and under 1, not {getattr(self, name)}")
        if self.learning_rate <= 0.0 or self.weight_decay < 0.0:
            raise ValueError("learning_rate must be over 0 and weight_decay at least 0")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Layer widths from input to output, e.g. (784, 128, 10)."""
        return (PIXELS, *self.hidden, CLASSES)

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def load(name: str, epochs: int | None = None) -> Preset:
    """The preset ``name`` of presets.toml, with another number of epochs if one is given.

    Raises ValueError if there is no such preset, or a value is out of its range.
    """
    presets = tomllib.loads(_FILE.read_text())
    if name not in presets:
        raise ValueError(f"there is no preset {name!r}: choose one of {', '.join(presets)}")
    preset = parse(presets[name])
    return dataclasses.replace(preset, epochs=epochs) if epochs is not None else preset


def parse(table: dict[str, Any]) -> Preset:
    """A preset from its TOML table. Raises ValueError naming what is unknown, missing or out of range."""
    values = dict(table)
    try:
        augmentation = Augmentation(**values.pop("augmentation", {}))
        return Preset(hidden=tuple(values.pop("hidden")), augmentation=augmentation, **values)
    except KeyError as error:
        raise ValueError(f"preset lacks {error}") from error
    except TypeError as error:
        raise ValueError(f"preset is wrong: {error}") from error
