"""Where an interrupted training goes on from."""

import io
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from model import files


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training set gave.

    loss                 mean over its batches, in nats
    validation_accuracy  0..1
    seconds              wall clock
    """

    loss: float
    validation_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Checkpoint:
    """A file that holds the state of a training after its last whole epoch.

    run  says what is trained on what; a file of another run is ignored
    """

    path: Path
    run: str

    def save(self, network: nn.Module, optimizer: torch.optim.Optimizer, history: list[Epoch]) -> None:
        state = {"run": self.run, "network": network.state_dict(), "optimizer": optimizer.state_dict()}
        buffer = io.BytesIO()  # written by us: a full disk is then an OSError that says so
        torch.save({**state, "history": [asdict(epoch) for epoch in history]}, buffer)
        files.replace(self.path, buffer.getvalue())

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> list[Epoch]:
        """Put the saved state into both and return the epochs behind it; none if there is no file of this run."""
        try:
            state = torch.load(self.path, weights_only=True)
        except Exception:  # a damaged file makes torch raise anything from OSError to IndexError
            return []
        if state.get("run") != self.run:
            return []
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        return [Epoch(**epoch) for epoch in state["history"]]

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
