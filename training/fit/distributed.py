"""Training in several processes: each computes a share of every batch."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

Value = TypeVar("Value")


@dataclass(frozen=True)
class ProcessGroup:
    """This process and the number of processes that train together. A single process sends nothing."""

    rank: int = 0
    size: int = 1

    @property
    def is_main(self) -> bool:
        """Return whether this process writes the results and logs."""
        return self.rank == 0

    def share(self, index: Tensor) -> Tensor:
        """Return the indices of a batch that this process trains on."""
        return index[self.rank :: self.size] if self.size > 1 else index

    @torch.no_grad()
    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace float32 tensors of any shapes by their mean over all processes, in one message."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        torch.distributed.all_reduce(flat)
        flat /= self.size
        means = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, mean in zip(tensors, means, strict=True):
            tensor.copy_(mean.view_as(tensor))

    def broadcast(self, value: Value) -> Value:
        """Return the value of the main process in every process."""
        if self.size == 1:
            return value
        box = [value]
        torch.distributed.broadcast_object_list(box, src=0)
        return box[0]


ALONE = ProcessGroup()


@contextmanager
def joined() -> Iterator[ProcessGroup]:
    """Join the group of processes that torchrun has started. Without torchrun, the group is this process alone."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield ALONE
        return
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    torch.distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield ProcessGroup(torch.distributed.get_rank(), torch.distributed.get_world_size())
    finally:
        torch.distributed.destroy_process_group()
