"""Checkpoint of an interrupted training."""

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from inference import files


@dataclass(frozen=True)
class Epoch:
    """Results of one pass over the training set.

    loss                 mean over its steps, with penalties
    validation_loss      cross-entropy, in nats
    validation_accuracy  0..1
    seconds              wall clock
    """

    loss: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


State = dict[str, Any]  # name -> state_dict


@dataclass(frozen=True)
class Checkpoint:
    """A file that holds the state of a training after its last whole epoch.

    run  says what is trained on what; a file of another run is ignored
    """

    path: Path
    run: str

    def save(self, state: State, history: list[Epoch]) -> None:
        buffer = io.BytesIO()  # written by us: a full disk is then an OSError that says so
        torch.save({"run": self.run, "state": state, "history": [asdict(epoch) for epoch in history]}, buffer)
        files.replace(self.path, buffer.getvalue())

    def restore(self) -> tuple[State, list[Epoch]] | None:
        """The saved state and the epochs behind it; None if there is no file of this run."""
        try:
            saved = torch.load(self.path, weights_only=True)
            if saved["run"] != self.run:
                return None
            return saved["state"], [Epoch(**epoch) for epoch in saved["history"]]
        except Exception:  # a damaged file makes torch raise anything from OSError to IndexError
            return None
