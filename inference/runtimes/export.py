"""A torch.export program: the network as a graph of PyTorch's operators."""

import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import torch

from inference.bundle import Bundle
from model.pixels import Images

FILE = "model.pt2"


class Exported:
    """A program from the file ``path``. Raises ValueError if torch would have to unpickle a part of it."""

    def __init__(self, path: Path) -> None:
        _refuse_pickles(path)
        self._program = torch.export.load(path).module()

    @torch.inference_mode()
    def logits(self, images: Images) -> npt.NDArray[np.float32]:
        """uint8 (n, 28, 28) to float32 (n, 10)."""
        writeable = images if images.flags.writeable else images.copy()  # torch warns of memory it must not write to
        logits: npt.NDArray[np.float32] = self._program(torch.from_numpy(writeable)).numpy()
        return logits


def load(directory: Path, _bundle: Bundle, _device: str) -> Exported:
    torch.set_num_threads(1)  # as eager does
    return Exported(directory / FILE)


def _refuse_pickles(path: Path) -> None:
    """torch.export.load unpickles the example inputs unless they are empty, and each payload whose entry says so."""
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            if "/sample_inputs/" in name and file.read(name):
                raise ValueError(f"{path} has example inputs, which torch would unpickle")
            if name.endswith("_config.json") and any(
                entry["use_pickle"] for entry in orjson.loads(file.read(name))["config"].values()
            ):
                raise ValueError(f"{path} has a pickled payload in {name}")
