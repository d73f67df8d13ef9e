"""Steps of a training: read the data, fit a network, write the results."""

import logging
from enum import Enum
from pathlib import Path
from typing import Any

import torch

from inference import files
from training.data.parts import DataParts
from training.fit import distributed, loop
from training.fit.checkpoint import Checkpoint
from training.fit.loop import Fitted, Watch
from training.fit.presets import Preset

CHECKPOINT = "checkpoint.pt"
_log = logging.getLogger(__name__)


class Resume(Enum):
    """Rule for the checkpoint of an earlier, interrupted run of the same training."""

    AUTO = "go on from it if there is one"
    REQUIRED = "there must be one"
    NEVER = "start anew"


def fit(  # noqa: PLR0913 - one argument per setting
    preset: Preset,
    parts: DataParts,
    out: Path,
    *,
    seed: int = 0,
    watch: Watch | None = None,
    resume: Resume = Resume.AUTO,
    note: str = "",
    **options: Any,
) -> Fitted | None:
    """Train in the folder ``out``. The caller removes the checkpoint there after it has written the results.

    watch    is called after each epoch
    resume   rule for a checkpoint of the same training
    note     further conditions of the training; its checkpoint is valid only for the same note
    options  further arguments of the training loop
    Under torchrun every process calls this function. Only the main process gets the network; the others return None.
    Raises ValueError if the checkpoint that ``resume`` requires is missing, and OSError if ``out`` cannot be written.
    """
    same = preset, seed, sorted(parts.checksums.items()), torch.__version__
    checkpoint = Checkpoint(out / CHECKPOINT, note + repr(same))
    with distributed.joined() as group:
        if group.is_main:
            _begin(parts, checkpoint, resume)
        options |= {"watch": watch if group.is_main else None, "group": group, "classes": len(parts.classes)}
        fitted = loop.fit(preset, parts.train, parts.validation, seed, checkpoint, **options)
    return fitted if group.is_main else None


def _begin(parts: DataParts, checkpoint: Checkpoint, resume: Resume) -> None:
    """Log and write the report of the data. Raises ValueError if a required checkpoint is missing."""
    for line in parts.report.lines:
        _log.info("%s", line)
    if resume is Resume.NEVER:
        checkpoint.path.unlink(missing_ok=True)
    if resume is Resume.REQUIRED and checkpoint.restore() is None:
        raise ValueError(f"{checkpoint.path} is not a checkpoint of this training: there is nothing to resume")
    files.replace_json(checkpoint.path.with_name("cleaning.json"), parts.report.as_dict())
