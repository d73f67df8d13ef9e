"""Small convolutional network."""

import torch
from torch import Tensor, nn

from model.network import MLP
from model.pixels import Images

_CHANNELS = (16, 32, 64, 64)
_LEAST_SIDE = 4  # least side of the last feature map


class PictureNetwork(nn.Module):
    """Convolutions of 3x3, each with batch norm, ReLU and max pooling by 2, then fully connected layers.

    shape   channels, height and width of a picture; height equals width
    hidden  widths of the hidden layers after the convolutions
    classes, batch_norm, dropout  arguments of ``MLP`` for the layers after the convolutions

    ``forward`` maps float32 (n, *shape) to float32 logits (n, classes).
    """

    def __init__(
        self, shape: tuple[int, int, int], hidden: tuple[int, ...], classes: int, *, batch_norm: bool, dropout: float
    ) -> None:
        super().__init__()
        width, side, _ = shape
        layers: list[nn.Module] = []
        for channels in _CHANNELS:
            if side < 2 * _LEAST_SIDE - 1:
                break
            layers += [nn.Conv2d(width, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2)]
            width, side = channels, side // 2
        self.features = nn.Sequential(*layers)
        self.classifier = MLP((width * side * side, *hidden, classes), batch_norm=batch_norm, dropout=dropout)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.features(image))
        return logits


def to_input(images: Images) -> Tensor:
    """Convert uint8 (n, height, width[, channels]), 0..255, to float32 (n, channels, height, width), 0..1."""
    pixels = torch.from_numpy(images).to(torch.float32).div_(255.0)
    return pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2).contiguous()
