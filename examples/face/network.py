"""P-Net, the first network of MTCNN (Zhang et al., 2016). It decides whether a picture shows a face, and where."""

import torch
from torch import Tensor, nn


class PNet(nn.Module):
    """Map pictures float32 (n, 3, 12, 12) to two outputs.

    box   (n, 4): offsets of the left, top, right and bottom edges of the face, in fractions of the picture's side
    face  (n, 2): probability of no face, and probability of a face
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 10, 3), nn.PReLU(10)
        self.pool1 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv2, self.prelu2 = nn.Conv2d(10, 16, 3), nn.PReLU(16)
        self.conv3, self.prelu3 = nn.Conv2d(16, 32, 3), nn.PReLU(32)
        self.conv4_1, self.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.pool1(self.prelu1(self.conv1(picture)))
        hidden = self.prelu3(self.conv3(self.prelu2(self.conv2(hidden))))
        return self.conv4_2(hidden).flatten(1), torch.softmax(self.conv4_1(hidden), dim=1).flatten(1)


def make() -> PNet:
    """Return the network. Packaging loads the weights."""
    return PNet()
