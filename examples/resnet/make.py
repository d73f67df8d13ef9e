"""Write weights and labels of ResNet-18: python examples/resnet/make.py [--weights FILE] [FOLDER]

Without --weights, the weights are random with a fixed seed, for machines without access to a hub. FILE is a file of
torchvision's weights, such as resnet18-f37072fd.pth.
"""

import argparse
from collections import Counter
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models import ResNet18_Weights, resnet18


def state(path: Path | None) -> dict[str, Tensor]:
    """Return the state_dict in a file, or a random one."""
    if path:
        loaded: dict[str, Tensor] = torch.load(path, weights_only=True)
        return loaded
    torch.manual_seed(0)
    made: dict[str, Tensor] = resnet18().state_dict()
    return made


def labels() -> list[str]:
    """Return ImageNet's 1,000 categories. Two names occur twice; their number is added to them."""
    names = ResNet18_Weights.IMAGENET1K_V1.meta["categories"]
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name} ({index})" for index, name in enumerate(names)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    save_file(state(args.weights), args.folder / "weights.safetensors")
    (args.folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels()))
    kind = f"of {args.weights}" if args.weights else "random: the answers mean nothing"
    print(f"{args.folder}: labels.txt and weights.safetensors, {kind}")
