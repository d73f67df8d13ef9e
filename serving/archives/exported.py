"""Export of a network as a torch.export program, in a file without a pickle."""

import io
import zipfile

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from inference.bundle import Bundle
from inference.runtimes.export import FILE


class _FromRows(nn.Module):
    """Module from examples to logits, with the operators of ``inference.runtimes.eager`` before the network."""

    def __init__(self, network: nn.Module, scale: float | None) -> None:
        super().__init__()
        self.network = network
        self.scale = scale

    def forward(self, rows: Tensor) -> Tensor:
        inputs = rows.to(torch.float32)
        logits: Tensor = self.network(inputs if self.scale is None else inputs / self.scale)
        return logits


def convert(bundle: Bundle) -> dict[str, bytes]:
    """Return the program, for one or more examples. The same version of torch gives the same bytes."""
    input_spec = bundle.spec.input
    example = torch.from_numpy(np.zeros((2, *input_spec.shape), input_spec.dtype))
    module = _FromRows(bundle.network, input_spec.scale).eval()
    program = torch.export.export(module, (example,), dynamic_shapes=({0: Dim("n", min=1)},))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # stack traces contain paths of this machine
    return {FILE: _without_examples(program)}


def _without_examples(program: ExportedProgram) -> bytes:
    """Return the program's file without example inputs: torch writes them as a pickle, and accepts an empty file."""
    whole, bare = io.BytesIO(), io.BytesIO()
    torch.export.save(program, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(bare, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            content = b"" if "/sample_inputs/" in name else source.read(name)
            target.writestr(zipfile.ZipInfo(name), content)
    return bare.getvalue()
