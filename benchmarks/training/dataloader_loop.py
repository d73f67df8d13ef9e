"""Training of the network of the seed with the loop of PyTorch tutorials: dataloader_loop.py FOLDER SEED."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


class DigitImages(Dataset[tuple[Tensor, int]]):
    """Dataset that scales images one by one."""

    def __init__(self, folder: Path, part: str) -> None:
        self._images, self._labels = (np.load(folder / f"{part}_{name}.npy") for name in ("images", "labels"))

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return torch.from_numpy(self._images[index]).float() / 255, int(self._labels[index])


def train(examples: DigitImages) -> nn.Module:
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(network.parameters())
    criterion = nn.CrossEntropyLoss()
    for epoch in range(5):
        total = 0.0
        for images, labels in DataLoader(examples, batch_size=32, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(network(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total * 32 / len(examples):.4f}")
    return network


@torch.no_grad()
def evaluate(network: nn.Module, examples: DigitImages) -> float:
    right = 0
    for images, labels in DataLoader(examples, batch_size=256):
        right += int((network(images).argmax(dim=1) == labels).sum())
    return right / len(examples)


def main(folder: Path, seed: int) -> None:
    torch.manual_seed(seed)
    examples = DigitImages(folder, "train")
    start = time.perf_counter()
    network = train(examples)
    seconds = time.perf_counter() - start
    accuracy = evaluate(network, DigitImages(folder, "test"))
    print(json.dumps({"seconds": seconds, "accuracy": accuracy, "versions": {"torch": torch.__version__}}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
