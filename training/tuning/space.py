"""Search space of a study: a range for each hyperparameter, read from a file such as space.toml."""

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial, create_trial

from training.fit import presets
from training.fit.presets import Preset

SPACE, GRID = (Path(__file__).with_name(name) for name in ("space.toml", "grid.toml"))
_FIXED = {
    "epochs": "they are each trial's budget, or no two trials could be compared halfway; set them with --epochs",
    "patience": "early stopping would look at the images that the trial is judged by",
}
_WORDS = {"choices", "low", "high", "log", "step"}
_PLACES = 12  # decimal places of a value in steps; rounds away the errors of floating-point sums

Label = str | int | float | bool  # types that the database can store; a list becomes text, "512-256" for [512, 256]
Range = CategoricalDistribution | IntDistribution | FloatDistribution


@dataclass(frozen=True)
class Space:
    """Search space: ``ranges`` by the key of the preset. A key of its augmentation is "augmentation.rotation"."""

    ranges: dict[str, Range]

    def suggest(self, trial: Trial) -> dict[str, Label]:
        """Return labels that the sampler of the study chooses. The trial records them."""
        return {name: _suggest(trial, name, range_) for name, range_ in self.ranges.items()}

    def preset(self, base: Mapping[str, Any], labels: Mapping[str, Label]) -> Preset:
        """Return the preset of the table ``base``, changed to the labels of a trial."""
        return _changed(base, {name: _value(range_, labels[name]) for name, range_ in self.ranges.items()})

    def labels(self, preset: Preset) -> dict[str, Label] | None:
        """Return the labels of ``preset``, or None if it lies outside the space."""
        table = _flat(asdict(preset))
        labels = {name: _label(table[name]) for name in self.ranges}
        try:
            create_trial(value=0.0, params=labels, distributions=dict(self.ranges))
        except ValueError:
            return None
        return labels

    def points(self) -> list[dict[str, Label]]:
        """Return every combination of labels. Raises ValueError with the name of a range that is not finite."""
        values = [_values(name, range_) for name, range_ in self.ranges.items()]
        return [dict(zip(self.ranges, point, strict=True)) for point in itertools.product(*values)]

    def check(self, base: Mapping[str, Any]) -> None:
        """Refuse keys and values that a preset cannot have. Raises ValueError."""
        for name, range_ in self.ranges.items():
            if name in _FIXED:
                raise ValueError(f"{name} cannot be tuned: {_FIXED[name]}")
            if name not in _flat(base):
                raise ValueError(f"{name} is not a key of a preset: {', '.join(_flat(base))} are")
            ends = range_.choices if isinstance(range_, CategoricalDistribution) else (range_.low, range_.high)
            for value in ends:  # if both ends are valid, all values between them are
                try:
                    _changed(base, {name: value})
                except (ValueError, TypeError) as error:
                    raise ValueError(f"{name}: a preset cannot have {value!r}: {error}") from error


def parse(table: Mapping[str, Any]) -> Space:
    """Return the space of a TOML table. Raises ValueError with the key and the fault."""
    ranges: dict[str, Range] = {}
    for name, content in table.items():
        if not isinstance(content, dict):
            raise ValueError(f"{name}: give {{ choices = [...] }} or {{ low = ..., high = ... }}, not {content!r}")
        if content and all(isinstance(value, dict) for value in content.values()) and not _WORDS & set(content):
            ranges |= {f"{name}.{key}": _range(f"{name}.{key}", value) for key, value in content.items()}
        else:
            ranges[name] = _range(name, content)
    if not ranges:
        raise ValueError("the space is empty: name at least one hyperparameter")
    return Space(ranges)


def described(range_: Range) -> str:
    """Return a description of a range."""
    if isinstance(range_, CategoricalDistribution):
        return ", ".join(map(shown, range_.choices))
    is_stepped = range_.step is not None and not (isinstance(range_, IntDistribution) and range_.step == 1)
    how = ", logarithmic" if range_.log else f" in steps of {range_.step:g}" if is_stepped else ""
    return f"{range_.low:g} to {range_.high:g}{how}"


def shown(label: Any) -> str:
    """Return a label as text: numbers with three significant figures, and booleans as in TOML."""
    if isinstance(label, bool):
        return str(label).lower()
    return f"{label:.3g}" if isinstance(label, float) else str(label)


def _range(name: str, table: Mapping[str, Any]) -> Range:
    has_ends = {"low", "high"} <= set(table) <= _WORDS - {"choices"}
    if set(table) != {"choices"} and not (
        has_ends and all(isinstance(value, (int, float)) for value in table.values())
    ):
        raise ValueError(f"{name}: give choices = [...], or the numbers low and high with log or step, not {table}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Optuna only warns if the steps miss the end of the range
            if "choices" in table:
                return CategoricalDistribution(_choices(table["choices"]))
            whole = isinstance(table["low"], int) and isinstance(table["high"], int)
            return IntDistribution(**table) if whole else FloatDistribution(**table)
    except (TypeError, ValueError, UserWarning) as error:
        raise ValueError(f"{name}: {' '.join(str(error).split())}") from error


def _choices(values: Any) -> Sequence[Label]:
    labels = [_label(value) for value in values] if isinstance(values, list) else []
    if not labels or len(set(map(repr, labels))) < len(labels):
        raise ValueError(f"choices is a list of at least one value, each once, not {values!r}")
    return labels


def _label(value: Any) -> Label:
    return "-".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _suggest(trial: Trial, name: str, range_: Range) -> Label:
    if isinstance(range_, CategoricalDistribution):
        return trial.suggest_categorical(name, range_.choices)  # type: ignore[return-value]  # None is no choice
    if isinstance(range_, IntDistribution):
        return trial.suggest_int(name, range_.low, range_.high, step=range_.step, log=range_.log)
    return trial.suggest_float(name, range_.low, range_.high, step=range_.step, log=range_.log)


def _value(range_: Range, label: Any) -> Any:
    return round(label, _PLACES) if isinstance(range_, FloatDistribution) and range_.step else label


def _values(name: str, range_: Range) -> Sequence[Any]:
    if isinstance(range_, CategoricalDistribution):
        return range_.choices
    if range_.step is None or range_.log:
        raise ValueError(f"{name}: a grid needs choices = [...], or a step from low to high")
    count = round((range_.high - range_.low) / range_.step) + 1
    return [round(range_.low + place * range_.step, _PLACES) for place in range(count)]


def _changed(base: Mapping[str, Any], labels: Mapping[str, Any]) -> Preset:
    table = {key: dict(content) if isinstance(content, dict) else content for key, content in base.items()}
    for name, label in labels.items():
        room, _, key = name.rpartition(".")
        changed = table[room] if room else table
        if isinstance(changed[key], (list, tuple)):
            changed[key] = [int(width) for width in str(label).split("-")] if label != "" else []
        else:
            changed[key] = label
    return presets.parse(table)


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, content in table.items():
        inner = content if isinstance(content, dict) else {"": content}
        flat |= {f"{name}.{key}".rstrip("."): value for key, value in inner.items()}
    return flat
