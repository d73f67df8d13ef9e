"""PyTorch, layer by layer, as in training. Other runtimes are compared with this one."""

from pathlib import Path

import torch

from inference.bundle import Bundle
from inference.spec import Floats, Rows


class Eager:
    """Network of a bundle on one device."""

    def __init__(self, bundle: Bundle, device: str = "cpu") -> None:
        self._device = torch.device(device)
        self._network = bundle.network.to(self._device)
        self._scale = bundle.spec.input.scale

    @torch.inference_mode()
    def logits(self, rows: Rows) -> Floats:
        """Return logits, float32 (n, labels), for examples (n, *shape)."""
        if not rows.flags.writeable:  # torch warns of read-only memory, such as a view of the bytes of a request
            rows = rows.copy()
        inputs = torch.from_numpy(rows).to(self._device).to(torch.float32)
        if self._scale is not None:
            inputs = inputs / self._scale
        logits: Floats = self._network(inputs).cpu().numpy()
        return logits


def in_memory(bundle: Bundle, device: str) -> Eager:
    return Eager(bundle, device)


def load(_directory: Path, bundle: Bundle, device: str) -> Eager:
    """Load it for a worker, with one thread: one worker per core is faster than one thread per core."""
    torch.set_num_threads(1)
    return Eager(bundle, device if device == "cpu" or torch.cuda.is_available() else "cpu")
