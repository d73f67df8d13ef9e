"""This product's own loop on the data as it cleans and splits it: product_loop PRESET SEED."""

import json
import sys
import tempfile
import time
from pathlib import Path

import torch

from model.network import to_input
from training.data.parts import prepare
from training.digits import data
from training.fit import loop, presets
from training.fit.checkpoint import Checkpoint


def main(name: str, seed: int) -> None:
    parts = prepare(data.load())
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        checkpoint = Checkpoint(Path(folder) / "checkpoint.pt", "")
        fitted = loop.fit(presets.load(name), parts.train, parts.validation, seed, checkpoint)
        seconds = time.perf_counter() - start
    with torch.no_grad():
        digits = fitted.network(to_input(parts.test.images)).argmax(dim=1).numpy()
    accuracy = float((digits == parts.test.labels).mean())
    print(json.dumps({"seconds": seconds, "accuracy": accuracy, "versions": {"torch": torch.__version__}}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
