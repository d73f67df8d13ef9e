"""Checkpoint of a training."""

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from inference import files


@dataclass(frozen=True)
class Epoch:
    """Results of one epoch.

    loss                 mean over the steps, with penalties
    validation_loss      cross-entropy, in nats
    validation_accuracy  0..1
    seconds              wall-clock time
    """

    loss: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


State = dict[str, Any]  # name -> state_dict


@dataclass(frozen=True)
class Checkpoint:
    """File with the state of a training after its last complete epoch.

    run  identity of the training: data, preset and versions. A file of another training is ignored
    """

    path: Path
    run: str

    def save(self, state: State, history: list[Epoch]) -> None:
        buffer = io.BytesIO()  # our own write raises OSError if the disk is full
        torch.save({"run": self.run, "state": state, "history": [asdict(epoch) for epoch in history]}, buffer)
        files.replace(self.path, buffer.getvalue())

    def restore(self) -> tuple[State, list[Epoch]] | None:
        """Return the saved state and the history up to it, or None if there is no checkpoint of this training."""
        try:
            saved = torch.load(self.path, weights_only=True)
            if saved["run"] != self.run:
                return None
            return saved["state"], [Epoch(**epoch) for epoch in saved["history"]]
        except Exception:  # torch raises any error from OSError to IndexError for a damaged file
            return None
