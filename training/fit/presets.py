"""Named sets of hyperparameters, read from presets.toml or a file of one's own."""

import dataclasses
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model import SPEC
from training.fit.augmentation import Augmentation

CHOICES = {
    "loss": ("cross_entropy", "mean_squared_error"),
    "optimizer": ("adamw", "adam", "sgd", "bgd"),
    "precision": ("float32", "bfloat16"),
}
_FILE = Path(__file__).with_name("presets.toml")
_SUFFIX = ".toml"
_WHOLE = {"epochs": 1, "batch": 1, "patience": 0}  # least value
_FRACTIONS = ("warm_up", "momentum", "average", "dropout", "label_smoothing", "outliers")
_STRENGTHS = ("l1", "l2", "weight_decay")
_WITH_MOMENTUM = ("sgd", "bgd")
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


@dataclass(frozen=True)
class Preset:
    """Everything that decides how a network is made, except the data and the seed.

    hidden           widths of the hidden layers
    epochs           passes over the training set
    batch            images in one step; for bgd only those in memory at once
    learning_rate    of the optimizer, at its peak
    loss             cross_entropy, or mean_squared_error between softmax probabilities and targets
    optimizer        adamw, adam, sgd, or bgd: one step an epoch with the gradient of the whole training set
    momentum         share of the last step that sgd and bgd repeat, 0 <= p < 1
    warm_up          fraction of the steps in which the rate climbs to its peak, then falls to 0 along a cosine
                     (one cycle: Smith and Topin, 2018); 0 keeps it constant
    patience         epochs without a higher validation accuracy after which training stops; the weights of the
                     best epoch are the result, the earliest of equals; 0 trains on and takes the last
    average          decay of the exponential moving average of the weights over the steps, which is validated and
                     is the result, 0 <= p < 1; 0 takes the weights as they are
    batch_norm       normalise each hidden layer
    dropout          probability of zeroing a hidden activation, 0 <= p < 1
    l1               times the sum of |w|, added to the loss, on weight matrices only
    l2               times half the sum of w^2, added to the loss, on weight matrices only
    weight_decay     decoupled from the gradient (Loshchilov and Hutter, 2019), on weight matrices only: each step
                     also takes learning rate x weight_decay x w from w, with every optimizer
    label_smoothing  probability mass spread over all classes (Szegedy et al., 2016), 0 <= p < 1
    outliers         pictures of no class in a batch, as a share of its images, 0 <= p < 1, which the network learns to
                     answer with equal probabilities (Hendrycks et al., 2019)
    precision        of the layers' products in training: float32, or bfloat16 with weights and loss in float32
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
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}")
        for name, value, least in self._whole_numbers():
            if value < least:
                raise ValueError(f"{name} must be at least {least}, not {value}")
        for name in _FRACTIONS:
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name} must be at least 0 and under 1, not {getattr(self, name)}")
        for name in _STRENGTHS:
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be at least 0 and finite, not {getattr(self, name)}")
        if not 0.0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate must be over 0 and finite, not {self.learning_rate}")
        if self.momentum and self.optimizer not in _WITH_MOMENTUM:
            known = " and ".join(_WITH_MOMENTUM)
            raise ValueError(f"momentum is for {known}: {self.optimizer} has its own, set it to 0")

    def _whole_numbers(self) -> list[tuple[str, int, int]]:
        """Name, value and least value of each."""
        widths = [(f"hidden[{place}]", width, 1) for place, width in enumerate(self.hidden)]
        return [(name, getattr(self, name), least) for name, least in _WHOLE.items()] + widths

    def sizes(self, classes: int = len(SPEC.output.labels)) -> tuple[int, ...]:
        """Layer widths from the input's numbers to the classes."""
        return (SPEC.input.size, *self.hidden, classes)

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def load(name: str | Path, changes: Mapping[str, Any] | None = None) -> Preset:
    """The preset ``name`` of presets.toml, or that of the file ``name`` if it ends in .toml.

    changes  single fields to set otherwise, as they would stand in the table; of augmentation only those named
    Raises ValueError if there is no such preset, or a value is unknown or out of its range.
    """
    table = _table(str(name))
    changed = {**table, **(changes or {})}
    if "augmentation" in table and "augmentation" in changed:
        changed["augmentation"] = {**table["augmentation"], **changed["augmentation"]}
    return parse(changed)


def changes(assignments: Sequence[str]) -> dict[str, Any]:
    """Return the changes for ``load`` from texts such as ``optimizer=sgd``, ``hidden=[64]``, ``augmentation.shear=0``.

    A value is read as TOML, and as plain text where it is none. Raises ValueError for a text without ``=``.
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
    """The table in a TOML file. Raises ValueError if it cannot be read."""
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # both of TOML's and of UTF-8's
        raise ValueError(f"{path} is not TOML: {error}") from error


def parse(table: Mapping[str, Any]) -> Preset:
    """Return a preset from its TOML table. Raises ValueError with the unknown, missing or invalid field."""
    values = {"augmentation": {}, **table}
    required = [known.name for known in dataclasses.fields(Preset) if known.default is dataclasses.MISSING]
    if missing := [name for name in required if name not in values]:
        raise ValueError(f"preset lacks {missing[0]!r}")
    augmentation = Augmentation(**_typed(Augmentation, values.pop("augmentation"), "augmentation."))
    return Preset(**_typed(Preset, values), augmentation=augmentation)


def _typed(kind: type[Preset | Augmentation], table: Any, prefix: str = "") -> dict[str, Any]:
    """The table's values with the types of the fields. Raises ValueError for an unknown name or another type."""
    if not isinstance(table, Mapping):
        raise ValueError(f"{prefix.rstrip('.')} must be a table, not {table!r}")
    types = {known.name: known.type for known in dataclasses.fields(kind)}
    for name in table:
        if name not in types:
            raise ValueError(f"preset is wrong: there is no field {prefix + name!r}, only {', '.join(types)}")
    return {name: _value(prefix + name, value, types[name]) for name, value in table.items()}


def _value(name: str, value: Any, kind: Any) -> Any:
    if kind == tuple[int, ...]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name} must be a list of whole numbers, not {value!r}")
        return tuple(_value(f"{name}[{place}]", item, int) for place, item in enumerate(value))
    if type(value) is int and kind is float:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{name} must be {_KINDS[kind]}, not {value!r}")
    return value


def dumps(preset: Preset) -> str:
    """Return TOML for ``parse`` and ``load``: required fields, and fields that differ from their defaults."""
    lines = [_line(known, preset) for known in dataclasses.fields(Preset) if known.name != "augmentation"]
    if preset.augmentation:
        lines.append("\n[augmentation]\n")
        lines += [_line(known, preset.augmentation) for known in dataclasses.fields(Augmentation)]
    return "".join(lines)


def _line(known: "dataclasses.Field[Any]", of: Preset | Augmentation) -> str:
    value = getattr(of, known.name)
    if value == known.default:
        return ""
    if isinstance(value, tuple):
        return f"{known.name} = {list(value)}\n"
    return f"{known.name} = {str(value).lower() if isinstance(value, bool) else repr(value)}\n"
