"""Course of a training: read the data, fit a network, write the results."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import torch

from inference import files
from training.data.dataset import Dataset
from training.data.parts import DataParts, prepare
from training.fit import distributed, loop
from training.fit.checkpoint import Checkpoint
from training.fit.loop import Fitted, Watch
from training.fit.presets import Preset

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Resume(Enum):
    """Use of a checkpoint of the same training."""

    AUTO = "go on from it if there is one"
    REQUIRED = "there must be one"
    NEVER = "start anew"


@dataclass(frozen=True)
class FitPlan:
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
    plan: Callable[[DataParts], FitPlan],
    write: Callable[[Preset, DataParts, Fitted], T],
    *,
    seed: int = 0,
    watch: Watch | None = None,
    resume: Resume = Resume.AUTO,
) -> T | None:
    """Train in the folder ``out``, and return what ``write`` returns.

    load    reads the data set
    plan    called with its parts
    watch   called with each epoch
    resume  use of a checkpoint of the same training
    Under torchrun every process calls this, and the leading one alone writes; the others get None.
    Raises DataError, ValueError if there is no checkpoint and one is asked for, OSError if ``out`` cannot be written.
    """
    with distributed.joined() as group:
        parts = prepare(load())
        planned = plan(parts)
        same = planned.preset, seed, sorted(parts.checksums.items()), torch.__version__
        checkpoint = Checkpoint(out / "checkpoint.pt", planned.note + repr(same))
        if group.is_main:
            _begin(parts, checkpoint, resume)
        fitted = loop.fit(
            planned.preset,
            parts.train,
            parts.validation,
            seed,
            checkpoint,
            watch=watch if group.is_main else None,
            group=group,
            classes=len(parts.classes),
            **planned.options,
        )
        if not group.is_main:
            return None
    written = write(planned.preset, parts, fitted)
    checkpoint.remove()
    return written


def _begin(parts: DataParts, checkpoint: Checkpoint, resume: Resume) -> None:
    """Log and write the report of the data. Raises ValueError without a checkpoint that there must be."""
    for line in parts.report.lines:
        _log.info("%s", line)
    if resume is Resume.NEVER:
        checkpoint.remove()
    if resume is Resume.REQUIRED and checkpoint.restore() is None:
        raise ValueError(f"{checkpoint.path} is not a checkpoint of this training: there is nothing to resume")
    files.replace_json(checkpoint.path.with_name("cleaning.json"), parts.report.as_dict())
