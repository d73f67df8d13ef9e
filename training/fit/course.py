"""The course of a training: read the data, fit a network to it, write what came of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import torch

from inference import files
from training.data.dataset import Dataset
from training.data.parts import Parts, prepare
from training.fit import distributed, loop
from training.fit.checkpoint import Checkpoint, Epoch
from training.fit.loop import Fitted, Watch
from training.fit.presets import Preset

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Going(Enum):
    """What to do with a checkpoint of the same training."""

    IF_THERE = "go on from it if there is one"
    ALWAYS = "there must be one"
    NEVER = "start anew"


@dataclass(frozen=True)
class Plan:
    """The fit to some data.

    note     on what else the training depends, for its checkpoint
    options  further arguments of the training loop
    """

    preset: Preset
    note: str
    options: dict[str, Any]


def run(  # noqa: PLR0913 - each is one thing that a training is told
    out: Path,
    load: Callable[[], Dataset],
    plan: Callable[[Parts], Plan],
    write: Callable[[Preset, Parts, Fitted], T],
    *,
    seed: int = 0,
    watch: Watch | None = None,
    going: Going = Going.IF_THERE,
) -> T | None:
    """Train in the folder ``out``, and return what ``write`` returns.

    load   reads the data set
    plan   called with its parts
    watch  called with each epoch
    going  whether to go on from a checkpoint
    Under torchrun every process calls this, and the leading one alone writes; the others get None.
    Raises DataError, ValueError if there is no checkpoint and one is asked for, OSError if ``out`` cannot be written.
    """
    with distributed.joined() as team:
        parts = prepare(load())
        planned = plan(parts)
        checkpoint = Checkpoint(out / "checkpoint.pt", planned.note + _identity(planned.preset, seed, parts))
        if team.leads:
            _begin(parts, checkpoint, going)
        fitted = loop.fit(
            planned.preset,
            parts.train,
            parts.validation,
            seed,
            checkpoint,
            watch=watch if watch and team.leads else _ignore,
            team=team,
            classes=len(parts.classes),
            **planned.options,
        )
        if not team.leads:
            return None
    written = write(planned.preset, parts, fitted)
    checkpoint.remove()
    return written


def _begin(parts: Parts, checkpoint: Checkpoint, going: Going) -> None:
    """Log and write the report of the data. Raises ValueError without a checkpoint that there must be."""
    for line in parts.report.lines:
        _log.info("%s", line)
    if going is Going.NEVER:
        checkpoint.remove()
    if going is Going.ALWAYS and checkpoint.restore() is None:
        raise ValueError(f"{checkpoint.path} does not hold this training: there is nothing to go on from")
    files.replace_json(checkpoint.path.with_name("cleaning.json"), parts.report.as_dict())


def _ignore(_number: int, _epoch: Epoch) -> None:
    """Watch nothing."""


def _identity(preset: Preset, seed: int, parts: Parts) -> str:
    """Return what must agree for a training to be continued."""
    return repr((preset, seed, sorted(parts.checksums.items()), torch.__version__))
