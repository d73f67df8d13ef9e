"""Settings that all processes of a study share. The study records them when it is created."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from training.data import dataset, split
from training.data.dataset import Examples
from training.fit import presets
from training.fit.presets import Preset
from training.tuning import space
from training.tuning.space import Space

_QUICK_IMAGES = 600


@dataclass(frozen=True)
class StudySettings:
    """Settings of a study.

    base        name of the preset to change; ``preset`` is its table
    searched    name of the file of the search space; ``ranges`` is its table
    sampler     tpe, random or grid
    pruner      median, hyperband or none
    folds       number of folds of the cross-validation
    seed        seed of the folds, the weights and the trials
    images      number of training images; ``checksum`` is their MD5
    """

    base: str
    preset: dict[str, Any]
    searched: str
    ranges: dict[str, Any]
    sampler: str
    pruner: str
    folds: int
    seed: int
    images: int
    checksum: str

    @property
    def space(self) -> Space:
        return space.parse(self.ranges)

    @property
    def base_preset(self) -> Preset:
        return presets.parse(self.preset)


@dataclass(frozen=True)
class StudyOptions:
    """Options of the command. None means that the user did not give the option."""

    base: str | None = None
    epochs: int | None = None
    space: Path | None = None
    sampler: str | None = None
    pruner: str | None = None
    folds: int | None = None
    seed: int | None = None
    images: int | None = None
    quick: bool = False


def settle(options: StudyOptions, examples: Examples, recorded: StudySettings | None = None) -> StudySettings:
    """Return the settings of a study: the recorded values, else the options, else the defaults.

    examples  all training images
    Raises ValueError if an option is wrong or differs from the recorded value.
    """
    folds, images = (2, _QUICK_IMAGES) if options.quick else (3, 0)
    start = recorded or StudySettings("default", {}, "", {}, "tpe", "median", folds, 0, images, checksum="")
    given = {name: getattr(options, name) for name in ("base", "sampler", "pruner", "folds", "seed")}
    settled = replace(start, **{name: value for name, value in given.items() if value is not None})
    if not recorded or options.base is not None or options.epochs is not None:
        settled = replace(settled, preset=_preset(options, settled))
    file = options.space or (None if recorded else space.GRID if settled.sampler == "grid" else space.SPACE)
    if file:
        settled = replace(settled, searched=file.name, ranges=presets.read(file))
    used = chosen(examples, options.images or start.images or len(examples))
    checksum = dataset.md5(used.images.tobytes() + used.labels.tobytes())
    settled = replace(settled, images=len(used), checksum=checksum)
    settled.space.check(settled.preset)
    if settled.sampler == "grid":
        settled.space.points()
    if recorded:
        _agree(settled, recorded)
    return settled


def chosen(examples: Examples, images: int) -> Examples:
    """Return ``images`` of the examples, with every class in the same proportion."""
    return examples if images >= len(examples) else split.stratified(examples, images / len(examples))[1]


def _preset(options: StudyOptions, settled: StudySettings) -> dict[str, Any]:
    """Return the table of the base preset, with lists for tuples as in the JSON of the database."""
    epochs = options.epochs or (2 if options.quick else settled.preset.get("epochs"))
    preset = presets.load(settled.base, {} if epochs is None else {"epochs": epochs})
    table = asdict(replace(preset, patience=0))  # early stopping would use the images that rate the trial
    return {key: list(value) if isinstance(value, tuple) else value for key, value in table.items()}


def _agree(settled: StudySettings, recorded: StudySettings) -> None:
    words = {"preset": "another preset", "ranges": "another --space", "checksum": "other images"}
    for setting in fields(StudySettings):
        now, before = getattr(settled, setting.name), getattr(recorded, setting.name)
        if now != before:
            option = "space" if setting.name == "searched" else setting.name
            made = words.get(setting.name, f"--{option} {before}, not {now}")
            raise ValueError(
                f"the study was made with {made}: leave the option out to resume it, or name another --study"
            )
