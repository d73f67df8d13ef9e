"""Network as a torch.export program, a graph of PyTorch operators."""

import zipfile
from pathlib import Path

import orjson
import torch

from inference.bundle import Bundle
from inference.spec import Floats, Rows

FILE = "model.pt2"


class Exported:
    """Program from the file ``path``. Raises ValueError if torch would have to unpickle a part of the file."""

    def __init__(self, path: Path) -> None:
        _refuse_pickles(path)
        self._program = torch.export.load(path).module()

    @torch.inference_mode()
    def logits(self, rows: Rows) -> Floats:
        """Return logits, float32 (n, labels), for examples (n, *shape)."""
        writeable = rows if rows.flags.writeable else rows.copy()  # torch warns of read-only memory
        logits: Floats = self._program(torch.from_numpy(writeable)).numpy()
        return logits


def load(directory: Path, _bundle: Bundle, _device: str) -> Exported:
    torch.set_num_threads(1)  # for the reason given in eager.py
    return Exported(directory / FILE)


def _refuse_pickles(path: Path) -> None:
    """Raise ValueError for a file with example inputs or payloads that torch.export.load would unpickle."""
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            if "/sample_inputs/" in name and file.read(name):
                raise ValueError(f"{path} has example inputs, which torch would unpickle")
            if name.endswith("_config.json") and any(
                entry["use_pickle"] for entry in orjson.loads(file.read(name))["config"].values()
            ):
                raise ValueError(f"{path} has a pickled payload in {name}")
