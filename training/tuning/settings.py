"""Settings that all processes of a study share. Recorded in the study when it is created."""

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
    """
    base        name of the preset that is changed, and ``preset``: its table
    searched    name of the file of the space, and ``ranges``: its table
    sampler     tpe, random or grid
    pruner      median, hyperband or none
    folds       of the cross-validation
    seed        draws the folds, the weights and the trials
    images      how many training images are used, and ``checksum``: of these
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

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class StudyOptions:
    """Options of the command; None where the user gave none."""

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
    """Return the settings of the study: as recorded, else as given, else the defaults.

    examples  all training images at hand
    Raises ValueError if what is asked is wrong, or differs from what is recorded.
    """
    start = recorded or _defaults(options.quick)
    base = options.base or start.base
    sampler = options.sampler or start.sampler
    file = options.space or (None if recorded else space.GRID if sampler == "grid" else space.SPACE)
    known = {name: getattr(options, name) for name in ("pruner", "folds", "seed") if getattr(options, name) is not None}
    settled = replace(
        start,
        base=base,
        sampler=sampler,
        preset=_preset(options, start, recorded is not None),
        searched=file.name if file else start.searched,
        ranges=presets.read(file) if file else start.ranges,
        **known,
        **_images(options.images or start.images, examples),
    )
    _check(settled)
    if recorded:
        _agree(settled, recorded)
    return settled


def chosen(examples: Examples, images: int) -> Examples:
    """So many of them, every class in the same proportion."""
    return examples if images >= len(examples) else split.stratified(examples, images / len(examples))[1]


def _defaults(quick: bool) -> StudySettings:
    folds, images = (2, _QUICK_IMAGES) if quick else (3, 0)
    return StudySettings("default", {}, "", {}, "tpe", "median", folds, seed=0, images=images, checksum="")


def _preset(options: StudyOptions, start: StudySettings, recorded: bool) -> dict[str, Any]:
    if recorded and options.base is None and options.epochs is None:
        return start.preset
    epochs = options.epochs or (2 if options.quick else start.preset.get("epochs"))
    preset = presets.load(options.base or start.base, {} if epochs is None else {"epochs": epochs})
    return _plain(replace(preset, patience=0))  # early stopping would look at the images that a trial is judged by


def _plain(preset: Preset) -> dict[str, Any]:
    """As a database's JSON gives it back."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in preset.as_dict().items()}


def _images(images: int, examples: Examples) -> dict[str, Any]:
    used = chosen(examples, images or len(examples))
    return {"images": len(used), "checksum": dataset.md5(used.images.tobytes() + used.labels.tobytes())}


def _check(settled: StudySettings) -> None:
    settled.space.check(settled.preset)
    if settled.sampler == "grid":
        settled.space.points()


def _agree(settled: StudySettings, recorded: StudySettings) -> None:
    words = {"preset": "another preset", "ranges": "another --space", "checksum": "other images"}
    for setting in fields(StudySettings):
        now, before = getattr(settled, setting.name), getattr(recorded, setting.name)
        if now != before:
            message = (
                words.get(setting.name)
                or f"--{'space' if setting.name == 'searched' else setting.name} {before}, not {now}"
            )
            raise ValueError(
                f"the study was made with {message}: leave the option out to resume it, or name another --study"
            )
