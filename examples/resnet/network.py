"""ResNet-18 of torchvision."""

from torch import nn
from torchvision.models import resnet18


def make() -> nn.Module:
    """Return the network. Packaging loads the weights."""
    network: nn.Module = resnet18()
    return network
