"""Event files for TensorBoard."""

from pathlib import Path
from typing import TYPE_CHECKING

from training.fit.checkpoint import Epoch

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class Board:
    """Writer of the results of each epoch to event files in ``folder``. A resumed training writes no step twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: SummaryWriter | None = None

    def __call__(self, number: int, epoch: Epoch) -> None:
        """Record epoch ``number``, counted from 1."""
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self._folder), purge_step=number)
        values = {
            "loss/training": epoch.loss,
            "loss/validation": epoch.validation_loss,
            "accuracy/validation": epoch.validation_accuracy,
            "seconds": epoch.seconds,
        }
        for name, value in values.items():
            self._writer.add_scalar(name, value, number)
        self._writer.flush()
