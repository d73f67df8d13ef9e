"""Range of one hyperparameter."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from optuna.trial import Trial

Label = str | int | float | bool  # what a study's database can hold
_WORDS = {"low", "high", "log", "step"}


class Range(Protocol):
    """The values of one hyperparameter.

    A label stands for a value in the study: the value itself, but for lists, e.g. "512-256" for [512, 256].
    """

    def suggest(self, trial: "Trial", name: str) -> Label:
        """A label, chosen by the study's sampler and recorded in the trial."""
        ...

    def value(self, label: Label) -> Any:
        """Return the preset's value for a label."""
        ...

    def contains(self, value: Any) -> bool:
        """Return whether the preset's ``value`` is in the range."""
        ...

    def samples(self) -> list[Any]:
        """Values to try a preset with: if these are allowed, all are."""
        ...

    def finite(self) -> list[Label] | None:
        """All labels, None if there are too many to count."""
        ...


@dataclass(frozen=True)
class Choices:
    values: tuple[Any, ...]

    def suggest(self, trial: "Trial", name: str) -> Label:
        chosen = trial.suggest_categorical(name, self.finite())
        assert chosen is not None
        return chosen

    def value(self, label: Label) -> Any:
        return self.values[self.finite().index(label)]

    def contains(self, value: Any) -> bool:
        return label(value) in self.finite()

    def samples(self) -> list[Any]:
        return list(self.values)

    def finite(self) -> list[Label]:
        return [label(value) for value in self.values]

    def __str__(self) -> str:
        return ", ".join(map(shown, self.finite()))


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``, both included; whole numbers if both are."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def suggest(self, trial: "Trial", name: str) -> Label:
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), step=int(self.step or 1), log=self.log)
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)

    def value(self, label: Label) -> Any:
        """Without the crumbs of adding up steps."""
        return round(label, 12) if self.step and isinstance(label, float) else label

    def contains(self, value: Any) -> bool:
        finite = self.finite()
        if finite is not None:
            return any(math.isclose(value, float(number), abs_tol=1e-12) for number in finite)
        return bool(self.low <= value <= self.high)

    def samples(self) -> list[Any]:
        return [self.low, self.high]

    def finite(self) -> list[Label] | None:
        step = self.step or (1 if self.whole and not self.log else None)
        if step is None:
            return None
        values = [self.low + place * step for place in range(round((self.high - self.low) / step) + 1)]
        return [int(value) if self.whole else round(value, 12) for value in values]

    def __str__(self) -> str:
        how = ", logarithmic" if self.log else f" in steps of {self.step:g}" if self.step else ""
        return f"{self.low:g} to {self.high:g}{how}"


def label(value: Any) -> Label:
    """Lists become text: a study's database holds plain values only."""
    known: Label = "-".join(map(str, value)) if isinstance(value, (list, tuple)) else value
    return known


def shown(label: Label) -> str:
    """With three significant figures, and true and false as TOML has them."""
    if isinstance(label, bool):
        return str(label).lower()
    return f"{label:.3g}" if isinstance(label, float) else str(label)


def parse(name: str, table: dict[str, Any]) -> Range:
    """Return a range from its TOML table. Raises ValueError with the key and the fault."""
    if "choices" in table:
        return _choices(name, table)
    if unknown := set(table) - _WORDS:
        raise ValueError(f"{name}: {sorted(unknown)[0]} is unknown: give choices, or low and high with log or step")
    if not {"low", "high"} <= set(table):
        raise ValueError(f"{name}: give choices = [...], or both low and high")
    _checked(name, table)
    return Interval(**table)


def _choices(name: str, table: dict[str, Any]) -> Choices:
    values = table["choices"]
    if len(table) > 1 or not isinstance(values, list) or not values:
        raise ValueError(f"{name}: choices is a list of at least one value, and stands alone")
    if len({repr(label(value)) for value in values}) < len(values):
        raise ValueError(f"{name}: choices has a value twice")
    return Choices(tuple(values))


def _checked(name: str, table: dict[str, Any]) -> None:
    low, high, log, step = table["low"], table["high"], table.get("log", False), table.get("step")
    for word in ("low", "high", "step"):
        if word in table and (isinstance(table[word], bool) or not isinstance(table[word], (int, float))):
            raise ValueError(f"{name}: {word} must be a number, not {table[word]!r}")
    if not isinstance(log, bool) or (log and step is not None):
        raise ValueError(f"{name}: log is true or false, and cannot be combined with step")
    if not low < high:
        raise ValueError(f"{name}: low must be under high, not {low} and {high}")
    if log and low <= 0:
        raise ValueError(f"{name}: a logarithmic range begins over 0, not at {low}")
    if step is not None and (step <= 0 or not _divides(step, high - low)):
        raise ValueError(f"{name}: steps of {step} from {low} do not meet {high}")
    if step is not None and isinstance(low, int) and isinstance(high, int) and not isinstance(step, int):
        raise ValueError(f"{name}: between whole numbers, step must be whole too, not {step}")


def _divides(step: float, width: float) -> bool:
    return math.isclose(width / step, round(width / step), abs_tol=1e-9)
