"""Training loop of this product, on its cleaned and split data: product_loop PRESET SEED."""

import json
import sys
import tempfile
import time
from pathlib import Path

from scripts.threads import wait_for_training


def main(name: str, seed: int) -> None:
    import torch  # noqa: PLC0415 - imported after the wait policy of threads is set

    from model.network import to_input  # noqa: PLC0415
    from training.data.parts import prepare  # noqa: PLC0415
    from training.digits import data  # noqa: PLC0415
    from training.fit import loop, presets  # noqa: PLC0415
    from training.fit.checkpoint import Checkpoint  # noqa: PLC0415

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
    wait_for_training()
    main(sys.argv[1], int(sys.argv[2]))
