"""Search space of a study: hyperparameters of a preset, each with its range. Read from a file like space.toml."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.fit import presets
from training.fit.presets import Preset
from training.tuning import ranges
from training.tuning.ranges import Label, Range

if TYPE_CHECKING:
    from optuna.trial import Trial

SPACE, GRID = (Path(__file__).with_name(name) for name in ("space.toml", "grid.toml"))
_RULES = {
    "epochs": "they are each trial's budget, or no two trials could be compared halfway; set them with --epochs",
    "patience": "early stopping would look at the images that the trial is judged by",
}
_WORDS = {"choices", "low", "high", "log", "step"}


@dataclass(frozen=True)
class Space:
    """``ranges`` by the preset's keys; those of its augmentation as "augmentation.rotation"."""

    ranges: dict[str, Range]

    def suggest(self, trial: "Trial") -> dict[str, Label]:
        return {name: range_.suggest(trial, name) for name, range_ in self.ranges.items()}

    def preset(self, base: Mapping[str, Any], labels: Mapping[str, Label]) -> Preset:
        """The preset with table ``base``, changed to what a trial was given."""
        return _changed(base, {name: range_.value(labels[name]) for name, range_ in self.ranges.items()})

    def labels(self, preset: Preset) -> dict[str, Label] | None:
        """Return the labels of ``preset`` in a study; None if it lies outside."""
        table = _flat(preset.as_dict())
        if not all(range_.contains(table[name]) for name, range_ in self.ranges.items()):
            return None
        return {name: ranges.label(table[name]) for name in self.ranges}

    def points(self) -> list[dict[str, Label]]:
        """Every combination. Raises ValueError naming a range that has no end of values."""
        finite = {name: range_.finite() for name, range_ in self.ranges.items()}
        for name, labels in finite.items():
            if labels is None:
                raise ValueError(f"{name}: a grid needs choices = [...], or a step from low to high")
        return [dict(zip(finite, point, strict=True)) for point in itertools.product(*map(_some, finite.values()))]

    def check(self, base: Mapping[str, Any]) -> None:
        """Raises ValueError if a preset could not have a key, or one of its values."""
        for name, range_ in self.ranges.items():
            if name in _RULES:
                raise ValueError(f"{name} cannot be tuned: {_RULES[name]}")
            if name not in _flat(base):
                raise ValueError(f"{name} is not a key of a preset: {', '.join(_flat(base))} are")
            for value in range_.samples():
                _tried(base, name, value)


def parse(table: Mapping[str, Any]) -> Space:
    """Check the space. Raises ValueError with the key and the fault."""
    parsed: dict[str, Range] = {}
    for name, content in table.items():
        if not isinstance(content, dict):
            raise ValueError(f"{name}: give {{ choices = [...] }} or {{ low = ..., high = ... }}, not {content!r}")
        if content and all(isinstance(value, dict) for value in content.values()) and not _WORDS & set(content):
            parsed |= {f"{name}.{key}": ranges.parse(f"{name}.{key}", value) for key, value in content.items()}
        else:
            parsed[name] = ranges.parse(name, content)
    if not parsed:
        raise ValueError("the space is empty: name at least one hyperparameter")
    return Space(parsed)


def _tried(base: Mapping[str, Any], name: str, value: Any) -> None:
    try:
        _changed(base, {name: value})
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: a preset cannot have {value!r}: {error}") from error


def _changed(base: Mapping[str, Any], values: Mapping[str, Any]) -> Preset:
    table = {key: dict(content) if isinstance(content, dict) else content for key, content in base.items()}
    for name, value in values.items():
        room, _, key = name.rpartition(".")
        (table[room] if room else table)[key] = value
    return presets.parse(table)


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, content in table.items():
        flat |= (
            {f"{name}.{key}": value for key, value in content.items()} if isinstance(content, dict) else {name: content}
        )
    return flat


def _some(labels: list[Label] | None) -> list[Label]:
    assert labels is not None
    return labels
