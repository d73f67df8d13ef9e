"""PyTorch, layer by layer: the network as it was trained. Every other runtime is held against this one."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from inference.bundle import Bundle
from model.network import to_input
from model.pixels import Images


class Eager:
    """The bundle's own network on one device."""

    def __init__(self, bundle: Bundle, device: str = "cpu") -> None:
        self._device = torch.device(device)
        self._network = bundle.network.to(self._device)

    @torch.inference_mode()
    def logits(self, images: Images) -> npt.NDArray[np.float32]:
        """uint8 (n, 28, 28) to float32 (n, 10)."""
        logits: npt.NDArray[np.float32] = self._network(to_input(images, self._device)).cpu().numpy()
        return logits


def in_memory(bundle: Bundle, device: str) -> Eager:
    return Eager(bundle, device)


def load(_directory: Path, bundle: Bundle, device: str) -> Eager:
    """For a worker, which does best with one thread: a worker a core beats a thread a core."""
    torch.set_num_threads(1)
    return Eager(bundle, device if device == "cpu" or torch.cuda.is_available() else "cpu")
