"""A torch.export program: the network as a graph of PyTorch's operators."""

import zipfile
from pathlib import Path

import orjson
import torch

from inference.bundle import Bundle
from inference.spec import Floats, Rows

FILE = "model.pt2"


class Exported:
    """A program from the file ``path``. Raises ValueError if torch would have to unpickle a part of it."""

    def __init__(self, path: Path) -> None:
        _refuse_pickles(path)
        self._program = torch.export.load(path).module()

    @torch.inference_mode()
    def logits(self, rows: Rows) -> Floats:
        """Examples (n, *shape) to float32 (n, labels)."""
        writeable = rows if rows.flags.writeable else rows.copy()  # torch warns of memory it must not write to
        logits: Floats = self._program(torch.from_numpy(writeable)).numpy()
        return logits


def load(directory: Path, _bundle: Bundle, _device: str) -> Exported:
    torch.set_num_threads(1)  # as eager does
    return Exported(directory / FILE)


def _refuse_pickles(path: Path) -> None:
    """Refuse files with pickles: torch.export.load unpickles example inputs, and payloads that are marked so."""
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            if "/sample_inputs/" in name and file.read(name):
                raise ValueError(f"{path} has example inputs, which torch would unpickle")
            if name.endswith("_config.json") and any(
                entry["use_pickle"] for entry in orjson.loads(file.read(name))["config"].values()
            ):
                raise ValueError(f"{path} has a pickled payload in {name}")
