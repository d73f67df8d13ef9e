"""The network as a torch.export program, in a file without a pickle."""

import io
import zipfile

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from inference.bundle import Bundle
from inference.runtimes.export import FILE
from model.pixels import PIXELS

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment a zip file can name


class _FromImages(nn.Module):
    """uint8 (n, 28, 28) to logits, in the operators of ``inference.runtimes.eager`` and then the network's."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.network(images.reshape(-1, PIXELS).to(torch.float32).div(255.0))
        return logits


def convert(bundle: Bundle) -> dict[str, bytes]:
    """The program for any number of images from 1 on. One version of torch gives the same bytes each time."""
    example = torch.zeros(2, 28, 28, dtype=torch.uint8)
    program = torch.export.export(
        _FromImages(bundle.network).eval(), (example,), dynamic_shapes=({0: Dim("n", min=1)},)
    )
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it has this machine's paths
    return {FILE: _without_examples(program)}


def _without_examples(program: ExportedProgram) -> bytes:
    """The program's file with the example inputs emptied: torch writes them as a pickle, and loads an empty file."""
    whole, bare = io.BytesIO(), io.BytesIO()
    torch.export.save(program, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(bare, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            content = b"" if "/sample_inputs/" in name else source.read(name)
            target.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return bare.getvalue()
