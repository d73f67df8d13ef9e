"""Named sets of hyperparameters, read from presets.toml or from a file of the user."""

import dataclasses
import json
import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from model import SPEC
from training.fit.augmentation import Augmentation

CHOICES = {
    "loss": ("cross_entropy", "mean_squared_error"),
    "optimizer": ("adamw", "adam", "sgd", "bgd"),
    "precision": ("float32", "bfloat16"),
}
_FILE = Path(__file__).with_name("presets.toml")
_SUFFIX = ".toml"
_FRACTION = "at least 0 and under 1", lambda value: 0.0 <= value < 1.0
_STRENGTH = "at least 0 and finite", lambda value: 0.0 <= value < math.inf
_COUNT = "at least 1", lambda value: value >= 1
_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **{name: (f"one of {', '.join(choices)}", choices.__contains__) for name, choices in CHOICES.items()},
    "hidden": ("at least 1 each", lambda widths: all(width >= 1 for width in widths)),
    "epochs": _COUNT,
    "batch": _COUNT,
    "patience": ("at least 0", lambda value: value >= 0),
    "learning_rate": ("over 0 and finite", lambda value: 0.0 < value < math.inf),
    **dict.fromkeys(("warm_up", "momentum", "average", "dropout", "label_smoothing", "outliers"), _FRACTION),
    **dict.fromkeys(("l1", "l2", "weight_decay"), _STRENGTH),
}
_WITH_MOMENTUM = ("sgd", "bgd")
_KINDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    tuple[int, ...]: "a list of whole numbers",
}
_Kind = TypeVar("_Kind", "Preset", Augmentation)


@dataclass(frozen=True)
class Preset:
    """All settings of a training except the data and the seed.

    hidden           widths of the hidden layers
    epochs           passes over the training set
    batch            images in one step; for bgd only those in memory at once
    learning_rate    peak of the learning rate
    loss             cross_entropy, or mean_squared_error between softmax probabilities and targets
    optimizer        adamw, adam, sgd, or bgd: one step an epoch with the gradient of the whole training set
    momentum         share of the last step that sgd and bgd repeat, 0 <= p < 1
    warm_up          fraction of the steps in which the rate climbs to its peak, then falls to 0 along a cosine
                     (one cycle: Smith and Topin, 2018); 0 keeps it constant
    patience         training stops after this number of epochs without a higher validation accuracy, and the result
                     is the first epoch with the best accuracy; 0 trains all epochs, and the result is the last
    average          decay of the exponential moving average of the weights, 0 <= p < 1. The average is validated and
                     is the result; 0: the weights themselves
    batch_norm       normalise each hidden layer
    dropout          probability of zeroing a hidden activation, 0 <= p < 1
    l1               adds this times the sum of |w| to the loss, for weight matrices only
    l2               adds this times half the sum of w^2 to the loss, for weight matrices only
    weight_decay     decay decoupled from the gradient (Loshchilov and Hutter, 2019), for weight matrices only: a step
                     of any optimizer also subtracts learning rate x weight_decay x w from w
    label_smoothing  probability that is spread over all classes (Szegedy et al., 2016), 0 <= p < 1
    outliers         images of no class in a batch, as a share of its images, 0 <= p < 1. The network learns equal
                     probabilities for them (Hendrycks et al., 2019)
    precision        of matrix products in training: float32, or bfloat16 with weights and loss in float32
    augmentation     random distortion of each training image
    """

    hidden: tuple[int, ...]
    epochs: int
    batch: int
    learning_rate: float
    loss: str = "cross_entropy"
    optimizer: str = "adamw"
    momentum: float = 0.0
    warm_up: float = 0.0
    patience: int = 0
    average: float = 0.0
    batch_norm: bool = False
    dropout: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    outliers: float = 0.0
    precision: str = "float32"
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        for name, (rule, is_met) in _RULES.items():
            if not is_met(getattr(self, name)):
                raise ValueError(f"{name} must be {rule}, not {getattr(self, name)!r}")
        if self.momentum and self.optimizer not in _WITH_MOMENTUM:
            known = " and ".join(_WITH_MOMENTUM)
            raise ValueError(f"momentum is for {known}: {self.optimizer} has its own, set it to 0")

    def sizes(self, classes: int = len(SPEC.output.labels)) -> tuple[int, ...]:
        """Return the widths of all layers, from the input to the classes."""
        return (SPEC.input.size, *self.hidden, classes)


def load(name: str | Path, changes: Mapping[str, Any] | None = None) -> Preset:
    """Return the preset ``name`` of presets.toml, or the preset in the file ``name`` if it ends in .toml.

    changes  fields to replace, as in TOML; a table of augmentation replaces only the fields that it has
    Raises ValueError if there is no such preset, or a value is unknown or out of its range.
    """
    table = _table(str(name))
    changed = {**table, **(changes or {})}
    if "augmentation" in table and "augmentation" in changed:
        changed["augmentation"] = {**table["augmentation"], **changed["augmentation"]}
    return parse(changed)


def changes(assignments: Sequence[str]) -> dict[str, Any]:
    """Return the changes for ``load`` from texts such as ``optimizer=sgd``, ``hidden=[64]``, ``augmentation.shear=0``.

    A value is read as TOML, or as plain text if it is not TOML. Raises ValueError for a text without ``=``.
    """
    changed: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ValueError(f"{assignment!r} is not NAME=VALUE")
        table, _, field_ = name.strip().rpartition(".")
        (changed.setdefault(table, {}) if table else changed)[field_] = _read_value(text.strip())
    return changed


def _read_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _table(name: str) -> dict[str, Any]:
    if name.endswith(_SUFFIX):
        return read(Path(name))
    presets = read(_FILE)
    if name not in presets:
        raise ValueError(f"unknown preset {name!r}: choose one of {', '.join(presets)}, or a file *{_SUFFIX}")
    table: dict[str, Any] = presets[name]
    return table


def read(path: Path) -> dict[str, Any]:
    """Return the table of a TOML file. Raises ValueError if the file cannot be read."""
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # an error of TOML or of UTF-8
        raise ValueError(f"{path} is not TOML: {error}") from error


def parse(table: Mapping[str, Any]) -> Preset:
    """Return a preset from its TOML table. Raises ValueError with the unknown, missing or invalid field."""
    augmentation = _made(Augmentation, table.get("augmentation", {}), "augmentation.")
    return _made(Preset, {**table, "augmentation": augmentation})


def _made(kind: type[_Kind], table: Any, prefix: str = "") -> _Kind:
    if not isinstance(table, Mapping):
        raise ValueError(f"{prefix.rstrip('.')} must be a table, not {table!r}")
    known = {one.name: one for one in dataclasses.fields(kind)}
    for name in table:
        if name not in known:
            raise ValueError(f"the preset has the unknown field {prefix + name!r}; known fields are {', '.join(known)}")
    for name, one in known.items():
        if name not in table and one.default is dataclasses.MISSING:
            raise ValueError(f"the preset has no {name!r}")
    return kind(**{name: _value(prefix + name, value, known[name].type) for name, value in table.items()})


def _value(name: str, value: Any, kind: Any) -> Any:
    if kind == tuple[int, ...] and isinstance(value, list | tuple) and all(type(item) is int for item in value):
        return tuple(value)
    if type(value) is int and kind is float:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{name} must be {_KINDS[kind]}, not {value!r}")
    return value


def changed(settings: Preset | Augmentation) -> dict[str, Any]:
    """Return the required fields, and the fields that differ from their defaults."""
    values = ((one, getattr(settings, one.name)) for one in dataclasses.fields(settings))
    return {one.name: value for one, value in values if value != one.default}


def dumps(preset: Preset) -> str:
    """Return TOML for ``parse`` and ``load``: what ``changed`` returns."""
    augmentation = f"\n[augmentation]\n{_lines(preset.augmentation)}" if preset.augmentation else ""
    return _lines(preset) + augmentation


def _lines(settings: Preset | Augmentation) -> str:
    values = {name: value for name, value in changed(settings).items() if name != "augmentation"}
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())  # JSON that is also TOML
