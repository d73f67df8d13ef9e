"""Multilayer perceptron in PyTorch."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from model.pixels import PIXELS, Images


def to_input(images: Images, device: torch.device | str = "cpu") -> Tensor:
    """Convert uint8 (n, 28, 28), 0..255, to the input of the network, float32 (n, 784), 0..1, on ``device``."""
    flat = images.reshape(-1, PIXELS)
    if not flat.flags.writeable:  # torch warns of read-only memory, such as a view of the bytes of a request
        flat = flat.copy()
    return torch.from_numpy(flat).to(device).to(torch.float32).div_(255.0)


class MLP(nn.Module):
    """Fully connected layers with ReLU between them, from pixels to logits.

    sizes       widths from input to output, e.g. ``(784, 512, 256, 10)``
    batch_norm  normalise each hidden layer before its ReLU (Ioffe and Szegedy, 2015)
    dropout     probability of zeroing a hidden activation in training, 0 <= p < 1

    ``forward`` maps float32 (n, sizes[0]), or images of as many pixels, to float32 logits (n, sizes[-1]).
    """

    def __init__(self, sizes: tuple[int, ...], *, batch_norm: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"sizes must be two or more positive widths, not {sizes}")
        if not 0.0 <= dropout < 1.0:
            raise ValueError(f"dropout must be at least 0 and under 1, not {dropout}")
        self.sizes = tuple(sizes)
        layers: list[nn.Module] = []
        for width_in, width_out in pairwise(sizes[:-1]):
            layers.append(nn.Linear(width_in, width_out))
            if batch_norm:
                layers.append(nn.BatchNorm1d(width_out))
            layers.append(nn.ReLU())
            if dropout:
                layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear(sizes[-2], sizes[-1]))
        self.layers = nn.Sequential(*layers)

    @property
    def architecture(self) -> dict[str, list[int]]:
        """Return the architecture for the metadata of a bundle."""
        return {"sizes": list(self.sizes)}

    @classmethod
    def of_parameters(cls, sizes: tuple[int, ...], parameters: Mapping[str, npt.NDArray[np.float32]]) -> "MLP":
        """Return a folded network for inference with these parameters. Raises RuntimeError if they do not fit."""
        network = cls(sizes)
        network.load_state_dict({name: torch.tensor(array) for name, array in parameters.items()})
        return network.eval().requires_grad_(False)

    def arrays(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the state of the network as arrays by name."""
        return {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in self.state_dict().items()}

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.layers(pixels.flatten(1))  # (n, 784) or (n, 28, 28) -> (n, 10)
        return logits

    @torch.no_grad()
    def folded(self) -> "MLP":
        """Return the network for inference, with batch norm folded into the linear layers and without dropout.

        A linear layer followed by batch norm is equal to one linear layer: with g = weight / sqrt(var + eps),
        W' = g W and b' = g (b - mean) + bias (Jacob et al., 2018, section 3.2). Computed in float64, stored in float32.
        """
        plain = MLP(self.sizes)
        linears = (layer for layer in plain.layers if isinstance(layer, nn.Linear))
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                linear = next(linears)
                linear.load_state_dict(layer.state_dict())
            elif isinstance(layer, nn.BatchNorm1d):
                _fold(layer, linear)
        return plain.eval()


def _fold(norm: nn.BatchNorm1d, linear: nn.Linear) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)  # (width,)
    linear.weight.copy_(gain[:, None] * linear.weight.double())
    linear.bias.copy_(gain * (linear.bias.double() - norm.running_mean.double()) + norm.bias.double())
